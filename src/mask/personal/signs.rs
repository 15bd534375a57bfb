//! What columns with something personal are called, in the languages that schemas are written in.

/// Names, and the mask that fits. Signs stand between `|`; one of several words is also found written as one. Earlier
/// lines win.
pub(super) const SIGNS: &[(&str, &str)] = &[
    (
        "password|passwd|passphrase|pwd|secret|token|apikey|api key|private key|secret key|access key|salt|otp|pin|cookie|credentials",
        "hash",
    ),
    (
        "passwort|kennwort|mot de passe|contrasena|senha|wachtwoord|haslo|losenord|recovery code|recovery codes|backup codes|security answer",
        "hash",
    ),
    ("mac address|ip mac|imei|imsi|msin|udid|device id|advertising id|session id", "hash"),
    ("ip|ip address|ips|ip addr|remote addr|client ip", "ip"),
    (
        "e mail|email|mail|emails|mails|courriel|correo|correo electronico|epost|adres email|sender|recipient|recipients|bcc|reply to|почта|邮箱|メール",
        "email",
    ),
    ("user agent", "redact"),
    (
        "first name|forename|given name|middle name|middle initial|initials|fname|mname|preferred name|vorname|prenom|nombre|primer nombre|voornaam|imie|fornamn|имя|отчество",
        "first_name",
    ),
    (
        "last name|surname|family name|maiden name|lname|second name|nachname|familienname|geburtsname|nom de famille|apellido|apellidos|cognome|sobrenome|achternaam|nazwisko|efternamn|фамилия",
        "last_name",
    ),
    (
        "full name|real name|legal name|nick name|user name|display name|screen name|contact name|contact person|card holder|account holder|next of kin|emergency contact|signature|фио|姓名|氏名|名前",
        "name",
    ),
    (
        "phone|telephone|tel|mobile|cell|fax|phones|whatsapp|msisdn|sms number|contact no|contact number|mobile no|handy|rufnummer|movil|celular|cellulare|portable|телефон|电话|手机|電話",
        "phone",
    ),
    (
        "birth|birthday|birthdate|dob|born|geburtsdatum|geburtstag|geboren|naissance|nacimiento|nascimento|nascita|geboortedatum|urodzenia|fodelsedatum|дата рождения|生日",
        "birthday",
    ),
    (
        "ssn|sin|passport|passeport|pasaporte|passaporto|ausweis|reisepass|nino|social security|social insurance|national insurance|national id|id card|identity card|identity number|tax id|tax number|drivers license|driver license|driving licence|drivers licence|license plate|number plate",
        "hash",
    ),
    (
        "aadhaar|aadhar|curp|cpf|dni|nif|bsn|pesel|personnummer|codice fiscale|steuer id|steuernummer|sozialversicherungsnummer|cedula|medicare|mrn|nhs number|nhs no|insurance number|numero secu|паспорт|инн|снилс|身份证",
        "hash",
    ),
    ("iban", "iban"),
    ("bank account|account number|account no|kontonummer|routing number|sort code", "hash"),
    ("credit card|card number|cc number|card no", "card"),
    ("cvv|cvc|card", "hash"),
    ("street|strasse|rue|calle|ulica|straat|gata|via", "street"),
    (
        "address|addresses|addr|adresse|anschrift|direccion|indirizzo|endereco|adres|adress|домашний адрес|адрес|地址|住所",
        "address",
    ),
    ("city|town|stadt|wohnort|ville|ciudad|cidade|citta|woonplaats|miasto|город", "city"),
    ("zip|zip code|postcode|postal code|plz|postleitzahl|code postal|codigo postal|cep|kod pocztowy", "zip"),
    ("latitude|longitude|lat|lng|lon|geolocation|gps|coordinates|home location", "number"),
    ("salary|wage|income|gehalt|salaire|salario|stipendio", "number"),
    (
        "linkedin|twitter|facebook|instagram|telegram|skype|discord|avatar|photo|selfie|website|profile picture|profile image",
        "url",
    ),
    (
        "gender|sex|religion|ethnicity|nationality|citizenship|diagnosis|marital status|blood type|blood group|allergies|medication|medications|disability|sexual orientation|pronouns|geschlecht|sexe|sexo|sesso|genero|staatsangehoerigkeit|пол",
        "redact",
    ),
    (
        "note|notes|comment|comments|remark|remarks|bio|biography|transcript|about me|bemerkung|bemerkungen|notiz|notizen|commentaire|observaciones|osservazioni|uwagi",
        "text",
    ),
];

/// What is enough anywhere within a word, where names are written without a gap: `emailaddress`, `dateofbirth`.
pub(super) const STEMS: &[(&str, &str)] = &[
    ("password|passwort|kennwort|passwd|contrasena", "hash"),
    ("ipaddr", "ip"),
    ("email|courriel", "email"),
    ("firstname|givenname|vorname|prenom", "first_name"),
    ("lastname|surname|nachname", "last_name"),
    ("fullname|nickname|username", "name"),
    (
        "telefon|telephone|phonenumber|phoneno|mobilephone|cellphone|homephone|workphone|handynummer|mobilnummer",
        "phone",
    ),
    ("birth|geburt|nacimiento|naissance|nascimento", "birthday"),
    ("kontonummer|bankaccount|passportn", "hash"),
    ("creditcard|cardnumber", "card"),
    ("streetaddress|homeaddress|adresse", "address"),
];

/// Names of documents in which there may be anything of anybody.
pub(super) const DOCUMENTS: &str = "payload|raw|profile|custom fields|answers|submission|form data|request|response|headers|body|\
     record|old record|new record|old data|new data|row data|old values|new values|changed fields|changes|diff|snapshot|\
     personal|personal data|person|contact|contacts|customer|applicant|user data|user metadata|user meta data";

/// What people are called in tables, and as what they are in a row.
pub(super) const PEOPLE: &str = "contact|contacts|person|persons|people|user|users|profile|profiles|customer|customers|client|clients|\
     employee|employees|lead|leads|member|members|patient|patients|student|students|subscriber|subscribers|attendee|attendees|\
     applicant|applicants|candidate|candidates|guest|guests|donor|donors|volunteer|volunteers|teacher|teachers|driver|drivers|\
     mitarbeiter|kunde|kunden|personen|clientes|empleados|utilisateurs|personnes|pazienti|klienci";
pub(super) const ROLES: &str = "owner|author|manager|sender|holder|assignee|reporter|creator|buyer|seller|spouse|father|mother|\
     parent|guardian|emergency|signer|billing|shipping|doctor|agent|tenant|landlord|passenger|caller|visitor|reviewer|recipient";

/// Tables of what people wrote to each other or about somebody, and the columns that hold it.
pub(super) const WRITINGS: &str = "message|messages|email|emails|mail|mails|sms|chat|chats|conversation|conversations|call|calls|note|notes|\
     comment|comments|activity|activities|inquiry|inquiries|feedback|letter|letters|ticket|tickets|review|reviews";
pub(super) const WRITTEN: &str = "body|content|message|text|subject|description|summary|details|title";

/// Behind the name of something personal these say that it is about it and not it.
pub(super) const ABOUT: &str = "type|kind|status|state|verified|confirmed|enabled|provider|template|format|label|category|preference|\
     preferences|consent|optin|count|total|limit";

/// Words of a comment that say so themselves.
pub(super) const SAID: &str = "pii|personal data|personal information|personally identifiable|gdpr|dsgvo|hipaa|sensitive|\
     personenbezogen|personenbezogene|donnees personnelles|datos personales";
