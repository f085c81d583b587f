//! The statements of the first screen: several walks in one text.
//!
//! Each arm walks one index and ends after its rows, so that together they cost what they did apart, without the way there and
//! back for each. The rows come in the order of their arm only.

use super::{Same, Sql};

/// A walk among transfers, by the name of its part. Its values: the person, the zone, the number of rows.
macro_rules! transfers {
    ($part:literal, $place:literal, $from:literal, $where:expr, $order:literal) => {
        concat!(
            "SELECT * FROM (SELECT CAST('",
            $part,
            "' AS TEXT) AS part, CAST(",
            $place,
            " AS BIGINT) AS place, ",
            row_columns!(),
            " FROM ",
            $from,
            " JOIN app_user u ON u.id = t.submitter WHERE ",
            $where,
            " AND (t.from_zone = $2 OR t.to_zone = $2) ORDER BY ",
            $order,
            " LIMIT $3) AS c"
        )
    };
}

macro_rules! own_transfers {
    ($state:literal) => {
        transfers!(
            "own",
            "0",
            "transfer t",
            concat!("t.submitter = $1 AND t.state = '", $state, "'"),
            "t.submitted_at DESC, t.id DESC"
        )
    };
}

macro_rules! requests {
    ($part:literal, $place:literal, $from:literal, $where:expr, $order:literal) => {
        concat!(
            "SELECT * FROM (SELECT CAST('",
            $part,
            "' AS TEXT) AS part, CAST(",
            $place,
            " AS BIGINT) AS place, ",
            request_row_columns!(),
            " FROM ",
            $from,
            " JOIN app_user u ON u.id = r.applicant WHERE ",
            $where,
            " ORDER BY ",
            $order,
            " LIMIT $3) AS c"
        )
    };
}

macro_rules! open_transfers {
    ($role:literal, $scope:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            row_columns!(),
            " FROM transfer t JOIN app_user u ON u.id = t.submitter WHERE t.open_role = ",
            $role,
            " AND t.open_scope = ",
            $scope,
            " AND (t.from_zone = $9 OR t.to_zone = $9) ORDER BY t.submitted_at DESC, t.id DESC LIMIT $10) AS c"
        )
    };
}

macro_rules! open_requests {
    ($role:literal, $scope:literal) => {
        concat!(
            "SELECT * FROM (SELECT ",
            request_row_columns!(),
            " FROM request_desk d JOIN request r ON r.id = d.request_id JOIN app_user u ON u.id = r.applicant",
            " WHERE d.zone = $9 AND d.role = ",
            $role,
            " AND d.scope = ",
            $scope,
            " ORDER BY d.submitted_at DESC, d.request_id DESC LIMIT $10) AS c"
        )
    };
}

statements! {
    // The person, the zone, the number of rows.
    HOME_TRANSFERS = Same(concat!(
        own_transfers!("sanitising"), " UNION ALL ",
        own_transfers!("held"), " UNION ALL ",
        own_transfers!("awaiting-approval"), " UNION ALL ",
        own_transfers!("returned"), " UNION ALL ",
        own_transfers!("pulled-back"), " UNION ALL ",
        own_transfers!("ready"), " UNION ALL ",
        transfers!(
            "receive", "0", "transfer_recipient r JOIN transfer t ON t.id = r.transfer_id",
            "r.user_id = $1 AND r.to_zone = $2 AND r.state = 'ready'", "r.submitted_at DESC, r.transfer_id DESC"
        ), " UNION ALL ",
        transfers!(
            "review", "d.place", "transfer_decision d JOIN transfer t ON t.id = d.transfer_id",
            "d.on_behalf_of = $1 AND d.reviewed_at IS NULL", "d.decided_at, d.transfer_id, d.place"
        )
    ));
    // Four roles with their scopes, the zone, the number of rows.
    HOME_OPEN = Same(concat!(
        open_transfers!("$1", "$2"), " UNION ALL ",
        open_transfers!("$3", "$4"), " UNION ALL ",
        open_transfers!("$5", "$6"), " UNION ALL ",
        open_transfers!("$7", "$8")
    ));
    // As HOME_TRANSFERS. Of permits the newest: what is owed is seldom old, and its approver is told of it.
    HOME_REQUESTS = Same(concat!(
        requests!(
            "own", "0", "request r",
            "r.zone = $2 AND r.applicant = $1 AND r.state IN ('waiting', 'returned', 'pulled-back')",
            "r.submitted_at DESC, r.id DESC"
        ), " UNION ALL ",
        requests!(
            "permit", "0", "request r", "r.zone = $2 AND r.applicant = $1 AND r.permit IS NOT NULL",
            "r.submitted_at DESC, r.id DESC"
        ), " UNION ALL ",
        requests!(
            "kept", "0", "request_keeper k JOIN request r ON r.id = k.request_id",
            "k.person = $1 AND k.zone = $2", "k.submitted_at DESC, k.request_id DESC"
        ), " UNION ALL ",
        requests!(
            "review", "d.place", "request_decision d JOIN request r ON r.id = d.request_id",
            "d.on_behalf_of = $1 AND d.reviewed_at IS NULL AND r.zone = $2",
            "d.decided_at, d.request_id, d.place"
        )
    ));
    HOME_OPEN_REQUESTS = Same(concat!(
        open_requests!("$1", "$2"), " UNION ALL ",
        open_requests!("$3", "$4"), " UNION ALL ",
        open_requests!("$5", "$6"), " UNION ALL ",
        open_requests!("$7", "$8")
    ));
    // In the order in which the index of forms has them.
    PERMITS_OF_FORM = Same(concat!(
        "SELECT ", request_row_columns!(), " FROM request r JOIN app_user u ON u.id = r.applicant",
        " WHERE r.form = $1 AND r.state = 'approved' AND r.zone = $2 AND r.permit IS NOT NULL LIMIT $3"
    ));
    HOME_READINGS = Same(
        "SELECT r.edition, e.label, r.due_at FROM policy_reading r JOIN policy_edition e ON e.id = r.edition \
         WHERE r.user_id = $1 AND r.confirmed_at IS NULL ORDER BY r.edition LIMIT $2",
    );
}
