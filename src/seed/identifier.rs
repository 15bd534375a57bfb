//! Ids that are the same in every environment, because they are made of what a row is and not of chance.

use uuid::Uuid;

use crate::seed::description::Role;
use crate::seed::generate::Table;

/// The first six bytes of every generated row's id. Rows that people add have other ids, so what was generated is
/// found by a range of the primary key: nothing else is ever changed or removed.
const MARK: [u8; 6] = [0x5e, 0xed, 0xc7, 0x3c, 0x71, 0x05];

/// The lowest and the highest id a generated row can have.
pub(crate) const RANGE: [&str; 2] =
    ["5eedc73c-7105-8000-8000-000000000000", "5eedc73c-7105-8fff-bfff-ffffffffffff"];

/// The id of a login: version 5 of its e-mail address in the DNS namespace, as `uuidgen -s -n @dns -N EMAIL` says it.
#[must_use]
pub fn user_id(email: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_DNS, email.as_bytes())
}

/// The id of a login's identity, made of the login's.
#[must_use]
pub fn identity_id(user: Uuid) -> Uuid {
    Uuid::new_v5(&user, b"email")
}

/// The id of a generated row: version 8, which is what RFC 9562 gives to ids with a mark, over the version 5 of
/// what the row is.
#[must_use]
pub fn row_id(seed: u64, table: Table, role: Role, index: u64) -> Uuid {
    // A number and not text: a million of these are made for a million rows.
    let mut name = [0; 18];
    name[..8].copy_from_slice(&seed.to_le_bytes());
    name[8] = table as u8;
    name[9] = role as u8;
    name[10..].copy_from_slice(&index.to_le_bytes());
    marked(&name)
}

/// The same for a row of a table of the project's own; `seed` is of the whole table.
#[must_use]
pub(crate) fn own_row_id(seed: u64, row: u64) -> Uuid {
    let mut name = [0; 16];
    name[..8].copy_from_slice(&seed.to_le_bytes());
    name[8..].copy_from_slice(&row.to_le_bytes());
    marked(&name)
}

fn marked(name: &[u8]) -> Uuid {
    let mut bytes = Uuid::new_v5(&Uuid::NAMESPACE_OID, name).into_bytes();
    bytes[..6].copy_from_slice(&MARK);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_the_id_that_uuidgen_gives_the_address() {
        assert_eq!(user_id("admin@test.local").to_string(), "2c4a3829-90f4-5a08-8774-b9ac6c40faf4");
        assert_eq!(user_id("admin@test.local").get_version_num(), 5);
    }

    #[test]
    fn generated_ids_differ_and_lie_in_the_range_that_marks_them() {
        let id = row_id(1, Table::Contacts, Role::Admin, 7);

        assert_eq!(id, row_id(1, Table::Contacts, Role::Admin, 7));
        for other in [
            row_id(2, Table::Contacts, Role::Admin, 7),
            row_id(1, Table::Products, Role::Admin, 7),
            row_id(1, Table::Contacts, Role::SalesDirector, 7),
            row_id(1, Table::Contacts, Role::Admin, 8),
        ] {
            assert_ne!(id, other);
            assert!((RANGE[0]..=RANGE[1]).contains(&other.to_string().as_str()));
        }
    }
}
