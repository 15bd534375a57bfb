create schema rental;
set search_path = rental;
create type mpaa_rating as enum ('G', 'PG', 'PG-13', 'R', 'NC-17');
create domain year as int check (value between 1901 and 2155);
create domain "bıgint" as bigint;
create function last_updated() returns trigger language plpgsql as $$ begin new.last_update = current_timestamp; return new; end $$;
create table language (language_id int generated always as identity primary key, name char(20) not null, last_update timestamptz not null default now());
create table actor (actor_id serial primary key, first_name text not null, last_name text not null, last_update timestamptz not null default now());
create index on actor (last_name);
create table category (category_id serial primary key, name text not null unique);
create table film (
  film_id serial primary key, title text not null, description text, release_year year, language_id int not null references language,
  original_language_id int references language, rental_duration smallint not null default 3, rental_rate numeric(4, 2) not null default 4.99,
  length smallint, replacement_cost numeric(5, 2) not null default 19.99, rating mpaa_rating default 'G', special_features text[],
  fulltext tsvector not null, last_update timestamptz not null default now());
create index on film using gist (fulltext);
create trigger film_fulltext before insert or update on film for each row
  execute function tsvector_update_trigger('fulltext', 'pg_catalog.english', 'title', 'description');
create trigger last_updated before update on film for each row execute function last_updated();
create table film_actor (actor_id int references actor on update cascade on delete restrict, film_id int references film on update cascade on delete restrict, primary key (actor_id, film_id));
create table film_category (film_id int references film, category_id int references category, primary key (film_id, category_id));
create table country (country_id serial primary key, country text not null);
create table city (city_id serial primary key, city text not null, country_id int not null references country);
create table address (address_id serial primary key, address text not null, address2 text, city_id int not null references city, phone text not null);
-- A store has a manager, and a member of staff has a store.
create table store (store_id serial primary key, manager_staff_id int not null unique, address_id int not null references address);
create table staff (staff_id serial primary key, first_name text, address_id int not null references address, store_id int not null references store,
  active boolean not null default true, password text, picture bytea);
alter table store add constraint store_manager foreign key (manager_staff_id) references staff deferrable initially deferred;
create table customer (customer_id serial primary key, store_id int not null references store, first_name text, last_name text, email text,
  address_id int not null references address, activebool boolean not null default true, create_date date not null default current_date);
create table inventory (inventory_id serial primary key, film_id int not null references film, store_id int not null references store);
create table rental (rental_id serial primary key, rental_date timestamptz not null, inventory_id int not null references inventory,
  customer_id int not null references customer, return_date timestamptz, staff_id int not null references staff, unique (rental_date, inventory_id, customer_id));
create table payment (payment_id serial, customer_id int not null, staff_id int not null, rental_id int not null, amount numeric(5, 2) not null,
  payment_date timestamptz not null, primary key (payment_date, payment_id)) partition by range (payment_date);
create table payment_p2022_01 partition of payment for values from ('2022-01-01 00:00+00') to ('2022-02-01 00:00+00');
create table payment_p2022_02 partition of payment for values from ('2022-02-01 00:00+00') to ('2022-03-01 00:00+00');
create table payment_rest partition of payment default;
alter table payment_p2022_01 add foreign key (customer_id) references customer, add foreign key (rental_id) references rental;
alter table payment_p2022_02 add foreign key (customer_id) references customer, add foreign key (rental_id) references rental;
create view film_list as select f.film_id as fid, f.title, c.name as category, array_agg(a.first_name || ' ' || a.last_name) as actors
  from film f left join film_category using (film_id) left join category c using (category_id) left join film_actor fa using (film_id)
  left join actor a using (actor_id) group by f.film_id, f.title, c.name;
create view store_of_staff as select s.staff_id, st as whole_store from staff s join store st using (store_id);
create materialized view sales_by_category as select c.name as category, sum(p.amount) as total from payment p join rental r using (rental_id)
  join inventory i using (inventory_id) join film_category fc using (film_id) join category c using (category_id) group by c.name;
create unique index on sales_by_category (category);
create function film_in_stock(id int) returns setof int language sql as 'select inventory_id from rental.inventory where film_id = $1';
