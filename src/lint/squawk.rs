//! squawk's rules: which of them speak, under which id, and how grave that is here.
//!
//! Where a rule of ours says the same with live sizes, squawk's stays silent, so that one danger is one finding.
//! A file that squawk cannot read is left to our own rules, which look at words.

use squawk_linter::{Linter, Rule, Violation};
use squawk_syntax::SourceFile;

use crate::lint::finding::Severity;
use crate::lint::rules::Problem;
use crate::lint::words::{Name, Words};
use crate::lint::world::World;
use crate::lint::{Read, ReadFile};

/// What becomes of a rule of squawk's.
enum Treatment {
    /// A rule of ours says it.
    Ours,
    /// It would be noise or wrong here.
    Off,
    /// It is a rule of ours, in these words.
    As(Said),
}

struct Said {
    id: &'static str,
    message: &'static str,
    help: &'static str,
    weigh: fn(&Place) -> Option<Severity>,
}

/// The statement a violation is in, and the violation's place in it.
struct Place<'a> {
    words: Words<'a>,
    at: Words<'a>,
    world: &'a World<'a>,
}

const fn said(
    id: &'static str,
    weigh: fn(&Place) -> Option<Severity>,
    message: &'static str,
    help: &'static str,
) -> Treatment {
    Treatment::As(Said { id, message, help, weigh })
}

/// The one table of what becomes of squawk's rules.
fn treatment(rule: Rule) -> Treatment {
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
            "D05", renamed,
            "something gets another name, or moves, which running clients do not know",
            "keep the old name until no client uses it any more",
        ),
        Rule::BanDropView | Rule::BanDropFunction | Rule::BanDropSequence => said(
            "D09", not_made_again,
            "this is dropped and not made again: clients that use it break",
            "drop it in a later migration, when no client uses it any more",
        ),
        Rule::BanDropConstraint => said(
            "D10", not_added_again,
            "a constraint is dropped: from now on anything may come in that it kept out",
            "replace it in the same migration, or say why it goes: `-- crmctl:allow D10 because ...`",
        ),
        Rule::BanDropNotNull | Rule::BanDropDefault => said(
            "D11", note_on_existing,
            "clients may meet a null where there never was one",
            "see to it that clients can, before the migration is applied",
        ),
        Rule::BanAlterIdentity | Rule::BanDropGeneratedExpression => said(
            "D12", note_on_existing,
            "from now on this column is filled in another way: clients that insert rows must know",
            "change the clients first, or keep the column and add another",
        ),
        rule => style_or_lock(rule),
    }
}

/// The rest of the table: rules on locks, and matters of style.
fn style_or_lock(rule: Rule) -> Treatment {
    match rule {
        Rule::RequireConcurrentIndexDeletion => said(
            "L12",
            index_of_rows,
            "the table is locked against everybody while this waits its turn to drop the index",
            "`drop index concurrently`, alone in a migration of its own",
        ),
        Rule::RequireConcurrentReindex => said(
            "L13",
            always_warn,
            "nobody can write to the table, nor use the index, while it is built again",
            "`reindex ... concurrently`, alone in a migration of its own",
        ),
        Rule::RequireConcurrentPartitionDetach => said(
            "L14",
            on_rows,
            "the table is locked against everybody while the partition is taken off",
            "`detach partition ... concurrently`, alone in a migration of its own",
        ),
        Rule::BanAlterDomainWithAddConstraint => said(
            "L15",
            always_warn,
            "every table with a column of this domain is searched while it is locked",
            "add it with `not valid`, and validate it in the next migration; or use a check of the table",
        ),
        Rule::BanCreateDomainWithConstraint => said(
            "L15",
            always_note,
            "a constraint of a domain cannot be changed later without searching all tables that use it",
            "use a check of the table",
        ),
        Rule::PreferBigintOverInt | Rule::PreferBigintOverSmallint => said(
            "H09",
            on_key,
            "this key runs out of numbers, and nothing can be inserted from then on",
            "`bigint`, which takes four bytes more",
        ),
        Rule::PreferIdentity => said(
            "H10",
            always_note,
            "a serial column is a default and a sequence with rights of their own",
            "`bigint generated always as identity`",
        ),
        Rule::PreferTimestampTz => said(
            "H11",
            always_note,
            "a timestamp without time zone does not say which moment it is",
            "`timestamptz`",
        ),
        Rule::BanCharField => said(
            "H12",
            always_note,
            "`char` pads its values with blanks",
            "`text`, with a check on the length if there is one",
        ),
        Rule::PreferTextField => said(
            "H13",
            always_note,
            "a limit in the type is changed less easily than one in a check",
            "`text`, with a check on the length if it matters",
        ),
        Rule::RequireEnumValueOrdering => said(
            "H14",
            always_note,
            "the value is put at the end, and the order of an enum is how its values sort",
            "say where with `before` or `after`",
        ),
        Rule::BanDuplicateColumnAssignments => said(
            "H15",
            always_warn,
            "the same column is assigned to twice, which the server refuses",
            "assign to it once",
        ),
        _ => Treatment::Off,
    }
}

/// What squawk finds in a file and nobody else says.
pub(crate) fn check<'a>(file: &ReadFile<'a>, world: &'a World<'a>) -> Vec<(usize, Problem)> {
    violations(file).iter().filter_map(|violation| problem(file, violation, world)).collect()
}

fn problem<'a>(file: &ReadFile<'a>, violation: &Violation, world: &'a World<'a>) -> Option<(usize, Problem)> {
    let offset = usize::from(violation.text_range.start());
    let Treatment::As(said) = treatment(violation.code) else { return None };
    let index = file.reads.iter().position(|read| read.statement.span.contains(&offset))?;
    let words = Words(&file.reads[index].words);
    let first = words.0.partition_point(|word| word.offset < offset);
    let severity = (said.weigh)(&Place { words, at: words.from(first), world })?;
    let (message, help) = (said.message.to_owned(), said.help);
    Some((index, Problem { rule: said.id, severity, message, offset, help }))
}

/// Parses what is not only rows, and once more without the statements that squawk cannot read.
fn violations(file: &ReadFile) -> Vec<Violation> {
    let is_rows = |read: &Read| matches!(read.statement.command.as_str(), "insert into" | "copy" | "do");
    let mut text = without(&file.file.text, file, is_rows);
    let mut parse = SourceFile::parse(&text);
    let errors = parse.errors();
    if !errors.is_empty() {
        let offsets: Vec<usize> = errors.iter().map(|error| usize::from(error.range().start())).collect();
        text = without(&text, file, |read| {
            let span = &read.statement.span;
            offsets.iter().any(|offset| *offset >= span.start && *offset <= span.end)
        });
        parse = SourceFile::parse(&text);
        if !parse.errors().is_empty() {
            return Vec::new();
        }
    }
    let rules = Linter::with_default_rules().rules;
    let speaks = |rule: &Rule| matches!(treatment(*rule), Treatment::As(_));
    let mut linter = Linter::from(rules.into_iter().filter(speaks));
    linter.settings.assume_in_transaction = file.file.barrier().is_none();
    linter.lint(&parse, &text)
}

/// The text with some statements, all data and all lines of psql's turned into blanks, byte for byte.
fn without(text: &str, file: &ReadFile, leaves_out: impl Fn(&Read) -> bool) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut blank = |range: std::ops::Range<usize>| {
        bytes[range].iter_mut().filter(|byte| !matches!(**byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    };
    for read in &file.reads {
        let statement = read.statement;
        if leaves_out(read) {
            blank(statement.span.clone());
        } else {
            blank(statement.span.start..statement.range.start);
            let semicolon = text[statement.range.end..statement.span.end].find(';');
            let end = semicolon.map_or(statement.range.end, |length| statement.range.end + length + 1);
            blank(end..statement.span.end);
        }
    }
    // Whole characters were replaced by as many blanks as they have bytes.
    String::from_utf8(bytes).unwrap_or_default()
}

fn always_note(_: &Place) -> Option<Severity> {
    Some(Severity::Note)
}

fn always_warn(_: &Place) -> Option<Severity> {
    Some(Severity::Warning)
}

fn table(place: &Place) -> Option<Name> {
    place.words.alter_table().map(|(name, _)| name)
}

fn on_rows(place: &Place) -> Option<Severity> {
    place.world.weight(&table(place)?).of_lock()
}

fn note_on_existing(place: &Place) -> Option<Severity> {
    match table(place) {
        Some(table) => place.world.weight(&table).of_loss().map(|_| Severity::Note),
        None => Some(Severity::Note),
    }
}

fn renamed(place: &Place) -> Option<Severity> {
    // Nobody calls these by name.
    let is_internal = ["constraint", "index", "trigger", "policy", "role", "user", "group", "extension"]
        .iter()
        .any(|kind| place.words.from(1).begins(&[kind]) || place.at.from(1).begins(&[kind]));
    let is_new = table(place).is_some_and(|table| place.world.weight(&table).of_loss().is_none());
    (!is_internal && !is_new).then_some(Severity::Warning)
}

fn not_made_again(place: &Place) -> Option<Severity> {
    let rest = place.words.from(1).behind(&["materialized"]);
    let names = rest.from(1).names_before_arguments();
    let is_gone = names.iter().any(|name| !place.world.made.contains(&name.to_string()));
    is_gone.then_some(Severity::Warning)
}

fn not_added_again(place: &Place) -> Option<Severity> {
    let Some(table) = table(place) else { return Some(Severity::Note) };
    let is_replaced = place.world.constrained.contains(&table.to_string());
    if is_replaced { None } else { place.world.weight(&table).of_loss().map(|_| Severity::Warning) }
}

fn index_of_rows(place: &Place) -> Option<Severity> {
    let names = place.words.from(2).names();
    names.iter().filter_map(|name| place.world.index_weight(name).of_lock()).max().map(|_| Severity::Warning)
}

fn on_key(place: &Place) -> Option<Severity> {
    let end = place.at.0.iter().position(|word| word.is(",")).unwrap_or(place.at.0.len());
    let definition = Words(&place.at.0[..end]);
    let is_key = definition.has(&["primary", "key"]) || definition.has(&["identity"]);
    is_key.then_some(Severity::Warning)
}
