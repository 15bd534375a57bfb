use super::*;
use crate::catalog::Catalog;

fn look(table: &str, column: &str, data_type: &str, comment: Option<&str>) -> Option<String> {
    let shape = Shape::of(data_type, &Catalog::default());
    proposed(&Looked { table, column, shape: &shape, is_unique: false, is_nullable: true, comment })
}

fn proposal(table: &str, column: &str, data_type: &str) -> Option<String> {
    look(table, column, data_type, None).map(|mask| mask.trim_matches('"').to_owned())
}

#[test]
fn what_people_are_told_apart_by_is_seen_whatever_the_spelling() {
    for (column, data_type, word) in [
        ("email", "text", "email"),
        ("workEmail2", "text", "email"),
        ("eMail", "text", "email"),
        ("e_mail", "character varying(20)", "hash"),
        ("EMAILADDRESS", "text", "email"),
        ("FirstName", "text", "first_name"),
        ("firstname", "text", "first_name"),
        ("mobile_phone", "text", "phone"),
        ("Phone Number", "text", "phone"),
        ("date_of_birth", "date", "birthday"),
        ("dateofbirth", "date", "birthday"),
        ("password_hash", "text", "hash"),
        ("api_key", "text", "hash"),
        ("last_login", "inet", "ip"),
        ("billing_address", "jsonb", "redact"),
        ("notes", "text", "text"),
        ("postal_code", "text", "zip"),
        ("emails", "text[]", "email"),
        ("ips", "inet[]", "null"),
        ("document", "tsvector", "null"),
        ("nic", "macaddr", "null"),
        ("address", "public.address", "null"),
        ("salary", "money", "null"),
        ("email", "bpchar", "email"),
        ("old_record", "jsonb", "redact"),
        ("zip", "integer", "number"),
    ] {
        assert_eq!(proposal("t", column, data_type).as_deref(), Some(word), "{column} {data_type}");
    }
}

#[test]
fn other_languages_have_other_words() {
    for columns in [
        "Vorname nachname Geburtsdatum geburts_tag Telefon telefonnummer Straße strasse anschrift PLZ Wohnort Passwort steuer_id Bemerkung",
        "prénom nom_de_famille date_naissance téléphone courriel adresse rue ville code_postal mot_de_passe numero_secu",
        "nombre apellidos correo_electronico teléfono celular dirección calle ciudad fecha_nacimiento contraseña dni",
        "cognome codice_fiscale cellulare indirizzo citta data_nascita",
        "sobrenome cpf telefone endereço cidade cep data_nascimento senha",
        "voornaam achternaam geboortedatum adres straat woonplaats bsn wachtwoord imię nazwisko pesel ulica miasto hasło",
        "förnamn efternamn personnummer имя фамилия телефон адрес 姓名 电话 邮箱 地址 身份证",
    ] {
        for column in columns.split(' ') {
            assert!(proposal("t", column, "text").is_some(), "{column}");
        }
    }
}

/// Columns of schemas as there are: CRM, shop, clinic, school, support, auditing.
#[test]
fn what_is_a_person_s_in_real_schemas_is_not_overlooked() {
    let mut overlooked = Vec::new();
    for columns in [
        "users: username password_digest reset_password_token remember_token otp_secret current_sign_in_ip login_ip avatar_url display_name screen_name bio",
        "users: name nickname phone_no phoneno homePhone WorkPhone cell fax_number emergency_contact_name emergency_contact_phone emergency_contact",
        "customers: name legal_name maidenName middle_initial_name fname lname cust_email customer_email_address shipping_address_line1 addr2 street_1 Town ZipCode",
        "orders: customer_name billing_name recipient_name billing_email shipping_phone delivery_address gift_note card_last4 cc_number iban",
        "patients: ssn mrn nhs_number insurance_number diagnosis allergies medications blood_type marital_status gender dob birthplace next_of_kin",
        "employees: salary bank_account account_number routing_number sort_code passport_no national_id tax_id drivers_license license_plate hourly_wage",
        "messages: body subject content sender recipient reply_to from_address to_email bcc",
        "contact_notes: content title",
        "activities: description",
        "events: client_ip user_agent session_id device_id imei ip_address remote_addr cookie",
        "t: twitter_handle linkedin_url facebook whatsapp telegram_id photo signature lat longitude geolocation contact_person account_holder author_name",
    ] {
        let (table, columns) = columns.split_once(": ").unwrap();
        let unseen = columns.split(' ').filter(|column| proposal(table, column, "text").is_none());
        overlooked.extend(unseen.map(|column| format!("{table}.{column}")));
    }
    assert_eq!(overlooked, Vec::<String>::new());
    for column in "payload raw_payload record old_record new_data changes profile custom_fields answers form_data request_headers".split(' ') {
        assert!(proposal("t", column, "jsonb").is_some(), "{column}");
    }
}

#[test]
fn what_is_about_something_else_is_left_in_peace() {
    for (column, data_type) in [
        ("email_confirmed_at", "timestamp with time zone"),
        ("email_verified", "boolean"),
        ("is_mobile", "boolean"),
        ("address_id", "uuid"),
        ("phone_id", "bigint"),
        ("phone_type", "text"),
        ("email_status", "text"),
        ("token_count", "integer"),
        ("call_time", "interval"),
        ("settings", "jsonb"),
    ] {
        assert_eq!(proposal("products", column, data_type), None, "{column} {data_type}");
    }
    let at_peace = "shipping description stage name account_id key status title sku price currency quantity region country \
        category slug color size weight product_name company_name file_name table_name role priority source amount probability \
        industry segment tags label locale timezone version uuid parent_id external_id microphone headphones viable \
        description_html is_active created_by capacity velocity pinned opinion clip zipped recipe relationship position \
        subtotal discount warehouse carrier tracking invoice_number order_number unit barcode brand model vintage stage_name \
        event_name queue attempts error_code duration checksum mime_type extension branch commit_message build platform";
    let disturbed: Vec<&str> =
        at_peace.split_whitespace().filter(|column| proposal("products", column, "text").is_some()).collect();
    assert_eq!(disturbed, Vec::<&str>::new());
    assert_eq!(proposal("contacts", "name", "text").as_deref(), Some("name"));
}

#[test]
fn a_comment_may_say_what_the_name_does_not() {
    for (comment, is_personal) in [
        ("PII: who called", true),
        ("personenbezogen, s. Verfahrensverzeichnis", true),
        ("contains personal data", true),
        ("sent by email to nobody", false),
    ] {
        assert_eq!(look("t", "label", "text", Some(comment)).is_some(), is_personal, "{comment}");
    }
    assert_eq!(look("t", "score", "integer", Some("Sensitive")).as_deref(), Some("\"number\""));
}

/// The lines that are printed are to be good as they are.
#[test]
fn what_is_proposed_fits_the_column_whatever_its_type() {
    let types = "text text[] bpchar character(3) character(3)[] name character varying(2) character varying(27) uuid uuid[] date date[] \
        timestamp_without_time_zone smallint integer bigint bigint[] numeric numeric(4,2) real inet inet[] cidr json jsonb jsonb[] bytea money xml";
    let names = SIGNS.iter().chain(STEMS).flat_map(|(signs, _)| signs.split('|'));
    for name in names.chain(["name"]) {
        for data_type in types.replace("character varying", "character_varying").split_whitespace() {
            for (is_unique, is_nullable) in [(false, false), (false, true), (true, false), (true, true)] {
                let shape = Shape::of(&data_type.replace('_', " "), &Catalog::default());
                let looked = Looked {
                    table: "people",
                    column: name,
                    shape: &shape,
                    is_unique,
                    is_nullable,
                    comment: None,
                };
                let Some(line) = proposed(&looked).filter(|line| !line.starts_with('{')) else { continue };
                let mask = Mask::of_word(line.trim_matches('"')).unwrap();
                let column = expression::Column { reference: "c", shape: &shape, is_unique };
                assert!(
                    column.masked(&mask).is_some() && (mask != Mask::Null || is_nullable),
                    "{name} {data_type}: {line}"
                );
            }
        }
    }
}
