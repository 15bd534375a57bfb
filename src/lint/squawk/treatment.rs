//! The one table of what becomes of squawk's rules.

use squawk_linter::Rule;

use Weigh::{By, Note, Warn};

use crate::lint::finding::Severity;
use crate::lint::squawk::weigh;
use crate::lint::words::Words;
use crate::lint::world::World;

/// What becomes of a rule of squawk's.
pub(super) enum Treatment {
    /// A rule of ours says it.
    Ours,
    /// It would be noise or wrong here.
    Off,
    /// It is a rule of ours, in these words.
    As(Said),
}

pub(super) struct Said {
    pub(super) id: &'static str,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
    pub(super) weigh: Weigh,
}

/// How grave it is.
#[derive(Clone, Copy)]
pub(super) enum Weigh {
    Note,
    Warn,
    /// That depends.
    By(fn(&Place) -> Option<Severity>),
}

impl Weigh {
    pub(super) fn severity(self, place: &Place) -> Option<Severity> {
        match self {
            Self::Note => Some(Severity::Note),
            Self::Warn => Some(Severity::Warning),
            Self::By(weigh) => weigh(place),
        }
    }
}

/// The statement a violation is in, and the violation's place in it.
pub(super) struct Place<'a> {
    pub(super) words: Words<'a>,
    pub(super) at: Words<'a>,
    pub(super) world: &'a World<'a>,
}

const fn said(id: &'static str, weigh: Weigh, message: &'static str, help: &'static str) -> Treatment {
    Treatment::As(Said { id, message, help, weigh })
}

/// The one table of what becomes of squawk's rules.
pub(super) fn treatment(rule: Rule) -> Treatment {
    match rule {
        // L01
        Rule::RequireConcurrentIndexCreation
        // L02
        | Rule::ConstraintMissingNotValid | Rule::AddingForeignKeyConstraint
        // L03, L04, L05, L07, L08 and D06
        | Rule::AddingNotNullableField | Rule::AddingFieldWithDefault | Rule::AddingRequiredField
        | Rule::AddingSerialPrimaryKeyField | Rule::DisallowedUniqueConstraint | Rule::ChangingColumnType
        // L06
        | Rule::PreferRepack
        // D01 to D05, D08
        | Rule::BanDropTable | Rule::BanDropColumn | Rule::BanDropType | Rule::BanDropDomain
        | Rule::BanDropSchema | Rule::BanDropDatabase | Rule::BanDropExtension | Rule::BanTruncateCascade
        | Rule::RenamingTable | Rule::RenamingColumn | Rule::BanRevoke
        // H01, H04, H08
        | Rule::TransactionNesting | Rule::BanUncommittedTransaction | Rule::IdentifierTooLong
        | Rule::BanConcurrentIndexCreationInTransaction => Treatment::Ours,

        // The runner sets time-outs and runs files in transactions, and S04 and the runner see to names.
        Rule::RequireTimeoutSettings | Rule::RequireLockTimeout | Rule::RequireStatementTimeout
        | Rule::PreferRobustStmts | Rule::RequireTableSchema
        // H03 speaks of our own excuses.
        | Rule::UnusedIgnore
        // squawk leaves these off as well: they forbid what migrations are made for.
        | Rule::BanDropTrigger | Rule::BanAlterGeneratedExpression | Rule::BanDropIndex | Rule::BanSetDefault
        | Rule::BanDisableTrigger | Rule::BanReplicaIdentity | Rule::BanDropPolicy
        | Rule::BanReplaceViewFunction | Rule::BanAlterPolicyCondition | Rule::BanAlterPolicyRoles
        | Rule::BanCreatePolicy | Rule::BanAlterFunctionOptions | Rule::BanAlterViewOptions
        | Rule::BanAlterRoleOptions | Rule::BanAlterDatabaseOptions | Rule::BanAlterRowLevelSecurity
        | Rule::BanNewWriteRestriction | Rule::BanAddEnumValue | Rule::BanAddCompositeAttribute
        | Rule::BanAddColumn | Rule::BanDetachInheritance | Rule::BanAlterSequenceValues
        | Rule::BanAlterSystemOptions | Rule::BanAlterExtension => Treatment::Off,

        Rule::RenamingObject | Rule::BanSetSchema => said(
            "D05", By(weigh::renamed),
            "something gets another name, or moves, which running clients do not know",
            "keep the old name until no client uses it any more",
        ),
        Rule::BanDropView | Rule::BanDropFunction | Rule::BanDropSequence => said(
            "D09", By(weigh::not_made_again),
            "this is dropped and not made again: clients that use it break",
            "drop it in a later migration, when no client uses it any more",
        ),
        Rule::BanDropConstraint => said(
            "D10", By(weigh::not_added_again),
            "a constraint is dropped: from now on anything may come in that it kept out",
            "replace it in the same migration, or say why it goes: `-- crmctl:allow D10 because ...`",
        ),
        Rule::BanDropNotNull | Rule::BanDropDefault => said(
            "D11", By(weigh::note_on_existing),
            "clients may meet a null where there never was one",
            "see to it that clients can, before the migration is applied",
        ),
        Rule::BanAlterIdentity | Rule::BanDropGeneratedExpression => said(
            "D12", By(weigh::note_on_existing),
            "from now on this column is filled in another way: clients that insert rows must know",
            "change the clients first, or keep the column and add another",
        ),
        rule => locks(rule),
    }
}

/// The table goes on: locks.
fn locks(rule: Rule) -> Treatment {
    match rule {
        Rule::RequireConcurrentIndexDeletion => said(
            "L12",
            By(weigh::index_of_rows),
            "the table is locked against everybody while this waits its turn to drop the index",
            "`drop index concurrently`, alone in a migration of its own",
        ),
        Rule::RequireConcurrentReindex => said(
            "L13",
            Warn,
            "nobody can write to the table, nor use the index, while it is built again",
            "`reindex ... concurrently`, alone in a migration of its own",
        ),
        Rule::RequireConcurrentPartitionDetach => said(
            "L14",
            By(weigh::on_rows),
            "the table is locked against everybody while the partition is taken off",
            "`detach partition ... concurrently`, alone in a migration of its own",
        ),
        Rule::BanAlterDomainWithAddConstraint => said(
            "L15",
            By(weigh::unless_not_valid),
            "every table with a column of this domain is searched while it is locked",
            "add it with `not valid`, and validate it in the next migration; or use a check of the table",
        ),
        Rule::BanCreateDomainWithConstraint => said(
            "L15",
            By(weigh::on_check),
            "a constraint of a domain cannot be changed later without searching all tables that use it",
            "use a check of the table",
        ),
        rule => style(rule),
    }
}

/// The rest of the table: matters of style.
fn style(rule: Rule) -> Treatment {
    match rule {
        Rule::PreferBigintOverInt | Rule::PreferBigintOverSmallint => said(
            "H09",
            By(weigh::on_key),
            "this key runs out of numbers, and nothing can be inserted from then on",
            "`bigint`, which takes four bytes more",
        ),
        Rule::PreferIdentity => said(
            "H10",
            Note,
            "a serial column is a default and a sequence with rights of their own",
            "`bigint generated always as identity`",
        ),
        Rule::PreferTimestampTz => said(
            "H11",
            Note,
            "a timestamp without time zone does not say which moment it is",
            "`timestamptz`",
        ),
        Rule::BanCharField => said(
            "H12",
            Note,
            "`char` pads its values with blanks",
            "`text`, with a check on the length if there is one",
        ),
        Rule::PreferTextField => said(
            "H13",
            Note,
            "a limit in the type is changed less easily than one in a check",
            "`text`, with a check on the length if it matters",
        ),
        Rule::RequireEnumValueOrdering => said(
            "H14",
            Note,
            "the value is put at the end, and the order of an enum is how its values sort",
            "say where with `before` or `after`",
        ),
        Rule::BanDuplicateColumnAssignments => {
            said("H15", Warn, "the same column stands here twice, which the server refuses", "name it once")
        }
        _ => Treatment::Off,
    }
}
