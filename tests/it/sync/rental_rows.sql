set search_path = rental;
begin;
insert into language (name) values ('English'), ('Italiano'), ('日本語');
insert into actor (first_name, last_name, last_update) select 'F' || n, 'L' || n % 7, '2022-02-15 09:34:33+00' from generate_series(1, 50) n;
insert into category (name) select 'Category ' || n from generate_series(1, 8) n;
insert into film (title, description, release_year, language_id, original_language_id, length, rating, special_features)
  select 'Film ' || n, 'A story of a ' || md5(n::text), 1990 + n % 30, 1 + n % 3, nullif(n % 4, 0) % 3 + 1, n % 180, (enum_range(null::mpaa_rating))[1 + n % 5],
  case n % 3 when 0 then array['Trailers', 'Deleted "Scenes"'] when 1 then '{}' end from generate_series(1, 200) n;
insert into film_actor select distinct 1 + n * 7 % 50, 1 + n % 200 from generate_series(1, 600) n;
insert into film_category select n, 1 + n % 8 from generate_series(1, 200) n;
insert into country (country) values ('Réunion'), ('Österreich');
insert into city (city, country_id) select 'City ' || n, 1 + n % 2 from generate_series(1, 10) n;
insert into address (address, city_id, phone) select n || ' Road', 1 + n % 10, '' from generate_series(1, 60) n;
insert into store (manager_staff_id, address_id) values (1, 1), (2, 2);
insert into staff (first_name, address_id, store_id, picture) values ('Mike', 3, 1, '\x89504e470d0a1a0a'), ('Jon', 4, 2, null);
insert into customer (store_id, first_name, last_name, email, address_id) select 1 + n % 2, 'C' || n, 'X', 'c' || n || '@example.com', 5 + n from generate_series(1, 50) n;
insert into inventory (film_id, store_id) select 1 + n % 200, 1 + n % 2 from generate_series(1, 500) n;
insert into rental (rental_date, inventory_id, customer_id, return_date, staff_id)
  select '2022-01-01 00:00+00'::timestamptz + n * interval '1 hour', 1 + n % 500, 1 + n % 50, case when n % 9 > 0 then '2022-06-01 00:00+00'::timestamptz end, 1 + n % 2
  from generate_series(1, 2000) n;
insert into payment (customer_id, staff_id, rental_id, amount, payment_date) select customer_id, staff_id, rental_id, 0.99 + rental_id % 10, rental_date from rental;
commit;
refresh materialized view sales_by_category;
