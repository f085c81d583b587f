//! The Japanese words of every code that reaches a screen.
//!
//! Owns the catalogue: states, verdicts, what was removed and why, why a file did not pass, why an act was refused,
//! what happened. Each trouble says 何が, なぜ, どうすれば.
//! Leaves roles, zones, levels and clauses to the pack, and codes to the packages that define them. A code without
//! words is a failing test here, never a blank on a screen.

pub mod duties;
pub mod editions;
pub mod find;
pub mod imports;
pub mod notices;
pub mod oscal;
pub mod print;
pub mod reading;
pub mod records;
pub mod register_tables;
pub mod registers;
pub mod requests;
pub mod rosters;
pub mod training;

use app::coverage::MechanismState;
use worker_protocol::{Kind, Notes, Reason, Removal, Road, Severity, Spot, Threat};
use workflow::{
    route::Verdict,
    transfer::{FileState, Refusal, State},
};

/// How a state is shown besides its word: never by colour alone, each has its own icon too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to do.
    #[default]
    Plain,
    /// At work.
    Busy,
    /// Somebody must act.
    Wait,
    /// Ended well.
    Good,
    /// Ended well with something to look at.
    Mixed,
    /// Not made safe: somebody vouches for it, or has to.
    Unchanged,
    /// Ended badly.
    Bad,
}

impl Tone {
    /// The word in class names.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Tone::Plain => "plain",
            Tone::Busy => "busy",
            Tone::Wait => "wait",
            Tone::Good => "good",
            Tone::Mixed => "mixed",
            Tone::Unchanged => "unchanged",
            Tone::Bad => "bad",
        }
    }

    /// The icon's name in `icons.svg`.
    #[must_use]
    pub fn icon(self) -> &'static str {
        match self {
            Tone::Plain => "dash",
            Tone::Busy => "gear",
            Tone::Wait => "hourglass",
            Tone::Good => "check",
            Tone::Mixed => "check-part",
            Tone::Unchanged => "eye",
            Tone::Bad => "stop",
        }
    }
}

/// What went wrong, in the three parts that every message here has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// 何が起きたか.
    pub what: &'static str,
    /// なぜか.
    pub why: &'static str,
    /// どうすればよいか.
    pub how: &'static str,
}

impl Trouble {
    /// All three in one line, for programs that show it to somebody.
    #[must_use]
    pub fn line(&self) -> String {
        [self.what, self.why, self.how].concat()
    }
}

const fn trouble(what: &'static str, why: &'static str, how: &'static str) -> Trouble {
    Trouble { what, why, how }
}

/// The word, the tone and one plain sentence for a transfer's state.
#[must_use]
pub fn state(state: State) -> (&'static str, Tone, &'static str) {
    match state {
        State::Sanitising => ("無害化中", Tone::Busy, "ファイルを検査し、無害な形に作り直しています。"),
        State::Held => (
            "保留",
            Tone::Wait,
            "検査を終えられないファイルがあります。渡されていません。送った人の操作を待っています。",
        ),
        State::Refused => {
            ("遮断", Tone::Bad, "渡せるファイルがありませんでした。相手には何も渡っていません。")
        }
        State::AwaitingApproval => {
            ("承認待ち", Tone::Wait, "無害化は終わりました。承認されるまで相手には渡りません。")
        }
        State::Returned => {
            ("差戻し", Tone::Wait, "承認者が差し戻しました。内容を直して再提出するか、取り下げてください。")
        }
        State::PulledBack => {
            ("引戻し", Tone::Wait, "送った人が引き戻しました。内容を直して再提出するか、取り下げてください。")
        }
        State::Rejected => ("否認", Tone::Bad, "承認されませんでした。相手には何も渡っていません。"),
        State::Withdrawn => ("取下げ", Tone::Plain, "送った人が取り下げました。相手には何も渡っていません。"),
        State::Expired => ("期限切れ", Tone::Bad, "期限までに手続が終わらなかったため、終了しました。"),
        State::Ready => ("受取可", Tone::Good, "受取人がファイルを受け取れます。"),
        State::Received => ("受領済", Tone::Good, "受取人全員が受け取りました。"),
    }
}

/// The word, the tone and one plain sentence for a file's state.
#[must_use]
pub fn file_state(state: FileState) -> (&'static str, Tone, &'static str) {
    match state {
        FileState::Queued => ("無害化中", Tone::Busy, "検査の順番を待っているか、検査中です。"),
        FileState::Clean => ("無害化済", Tone::Good, "取り除いて困るものはありませんでした。"),
        FileState::Partial => {
            ("一部無害化", Tone::Mixed, "危険のある部分を取り除きました。除いた内容を確かめてください。")
        }
        FileState::Inspected => (
            "検査確認",
            Tone::Unchanged,
            "無害化していません。承認する人が原本を開いて確かめたものだけを、変更せずに渡します。",
        ),
        FileState::Held => {
            ("保留", Tone::Wait, "検査を終えられませんでした。このファイルは渡されていません。")
        }
        FileState::Blocked => ("遮断", Tone::Bad, "このファイルは渡しません。"),
    }
}

/// What an approver said.
#[must_use]
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "承認",
        Verdict::Return => "差戻し",
        Verdict::Reject => "否認",
    }
}

/// The everyday name of a file's kind.
#[must_use]
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Docx => "Word文書",
        Kind::Xlsx => "Excelブック",
        Kind::Pptx => "PowerPoint",
        Kind::Xlsb => "Excelバイナリブック",
        Kind::Doc => "旧形式のWord文書",
        Kind::Xls => "旧形式のExcelブック",
        Kind::Ppt => "旧形式のPowerPoint",
        Kind::Rtf => "リッチテキスト",
        Kind::Odt => "OpenDocument文書",
        Kind::Ods => "OpenDocument表計算",
        Kind::Odp => "OpenDocument発表資料",
        Kind::Odg => "OpenDocument図面",
        Kind::OfficeXml => "XML形式のOffice文書",
        Kind::Pdf => "PDF",
        Kind::Png => "PNG画像",
        Kind::Jpeg => "JPEG画像",
        Kind::Gif => "GIF画像",
        Kind::Bmp => "BMP画像",
        Kind::Tiff => "TIFF画像",
        Kind::Webp => "WebP画像",
        Kind::Svg => "SVG図",
        Kind::Text => "テキスト",
        Kind::Csv => "CSV",
        Kind::Html => "HTML",
        Kind::Mhtml => "MHTML(保存したWebページ)",
        Kind::Xml => "XML",
        Kind::Json => "JSON",
        Kind::Calendar => "予定表(iCalendar)",
        Kind::Contact => "連絡先(vCard)",
        Kind::Mail => "メール",
        Kind::OutlookMessage => "Outlookメール(msg)",
        Kind::Zip => "ZIP書庫",
        Kind::SevenZip => "7z書庫",
        Kind::Lzh => "LZH書庫",
        Kind::Tar => "tar書庫",
        Kind::Gzip => "gzip圧縮",
        Kind::Rar => "RAR書庫",
        Kind::Cab => "CAB書庫",
        Kind::Heif => "HEIC・AVIF画像",
        Kind::Metafile => "EMF・WMF図",
        Kind::Ichitaro => "一太郎文書",
        Kind::Hanako => "花子図面",
        Kind::DocuWorks => "DocuWorks文書",
        Kind::Jww => "Jw_cad図面",
        Kind::Dxf => "DXF図面",
        Kind::Dwg => "DWG図面",
        Kind::Sxf => "SXF図面",
        Kind::Visio => "Visio図面",
        Kind::Epub => "EPUB",
        Kind::Sylk => "SYLK",
    }
}

/// The family of a kind, for a list that a person reads at a glance. A test sees to it that each kind has one.
#[must_use]
pub fn family(kind: Kind) -> &'static str {
    match kind {
        Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Xlsb | Kind::OfficeXml => "Word・Excel・PowerPoint",
        Kind::Doc | Kind::Xls | Kind::Ppt => "旧形式のWord・Excel・PowerPoint",
        Kind::Odt | Kind::Ods | Kind::Odp | Kind::Odg | Kind::Rtf => "OpenDocument・リッチテキスト",
        Kind::Pdf => "PDF",
        Kind::Png | Kind::Jpeg | Kind::Gif | Kind::Bmp | Kind::Tiff | Kind::Webp | Kind::Heif => "画像",
        Kind::Svg | Kind::Metafile | Kind::Visio | Kind::Hanako => "図",
        Kind::Text | Kind::Csv | Kind::Sylk => "テキスト・CSV",
        Kind::Html | Kind::Mhtml | Kind::Xml | Kind::Json | Kind::Epub => "Webページ・データ",
        Kind::Calendar | Kind::Contact | Kind::Mail | Kind::OutlookMessage => "メール・予定・連絡先",
        Kind::Zip | Kind::SevenZip | Kind::Lzh | Kind::Tar | Kind::Gzip | Kind::Rar | Kind::Cab => {
            "圧縮ファイル"
        }
        Kind::Ichitaro | Kind::DocuWorks => "一太郎・DocuWorks",
        Kind::Jww | Kind::Dxf | Kind::Dwg | Kind::Sxf => "CAD図面",
    }
}

/// The families of these kinds, each once, in the order in which they first come.
#[must_use]
pub fn families(kinds: &[Kind]) -> String {
    let mut named: Vec<&str> = Vec::new();
    for family in kinds.iter().map(|kind| family(*kind)) {
        if !named.contains(&family) {
            named.push(family);
        }
    }
    named.join("、")
}

/// Where something was removed, for a reader: the page, slide, cell or line if it is known, else the part of the file.
/// Made safe for a screen and a terminal: names inside a file may hold anything.
#[must_use]
pub fn place(removal: &Removal) -> String {
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    match &removal.spot {
        Some(Spot::Page { number }) => format!("{number}ページ"),
        Some(Spot::Slide { number }) => format!("スライド{number}"),
        Some(Spot::Cell { untrusted_sheet, reference }) if untrusted_sheet.is_empty() => {
            format!("セル{reference}")
        }
        Some(Spot::Cell { untrusted_sheet, reference }) => {
            format!("「{}」のセル{reference}", plain(untrusted_sheet))
        }
        Some(Spot::Line { number }) => format!("{number}行目"),
        None => plain(&removal.untrusted_place),
    }
}

/// What the leaves of a document of this kind are called.
#[must_use]
pub fn leaves(kind: Option<Kind>) -> &'static str {
    match kind {
        Some(Kind::Xlsx | Kind::Xlsb | Kind::Xls | Kind::Ods) => "シート",
        Some(Kind::Pptx | Kind::Ppt | Kind::Odp) => "スライド",
        _ => "ページ",
    }
}

/// How a clean file was made.
#[must_use]
pub fn road(road: Road) -> &'static str {
    match road {
        Road::Rebuilt => "作り直し",
        Road::Converted => "新しい形式への変換と作り直し",
        Road::Text => "文字だけの取出し",
        Road::Cells => "表の値の取出し",
        Road::Pictures => "ページの画像化",
        Road::Inspected => "検査確認(変更なし)",
    }
}

/// How much it matters that something was found.
#[must_use]
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "軽",
        Severity::Medium => "中",
        Severity::High => "重",
    }
}

/// What was removed (a noun) and why that is done (a sentence).
#[must_use]
pub fn threat(threat: Threat) -> (&'static str, &'static str) {
    match threat {
        Threat::MacroVba => ("マクロ", "開いたときにプログラムを動かせるため。"),
        Threat::MacroXlm => ("Excel 4.0マクロ", "開いたときにプログラムを動かせるため。"),
        Threat::ActiveX => ("ActiveX部品", "文書の中でプログラムを動かせるため。"),
        Threat::EmbeddedObject => ("埋め込まれた別ファイル", "中身が見えないまま持ち込まれるため。"),
        Threat::ExternalTemplate => ("外部のひな型の読込み", "開いたときに外から別のものを読み込むため。"),
        Threat::ExternalContent => {
            ("外部の画像・ブック等の読込み", "開いたことが外に伝わり、内容も差し替えられるため。")
        }
        Threat::DataConnection => ("外部データへの接続", "開いたときに外へつながるため。"),
        Threat::DangerousField => ("外へつなぐ・命令を動かすフィールド", "更新したときに命令が動くため。"),
        Threat::DangerousFormula => {
            ("外へつなぐ・命令を動かす数式", "計算したときに命令が動くため。値は残しています。")
        }
        Threat::Hyperlink => ("リンク先", "この通信路では認めていない行き先のため。文字は残しています。"),
        Threat::Action => ("自動で動く仕掛け", "クリックや表示だけで命令が動くため。"),
        Threat::Script => ("スクリプト", "文書の中でプログラムが動くため。"),
        Threat::Attachment => {
            ("文書内の添付ファイル", "中身が見えないまま持ち込まれるため。必要なら別に送ってください。")
        }
        Threat::Multimedia => ("動画・音声・3D", "安全な形に作り直せないため。"),
        Threat::DynamicForm => ("動くフォーム(XFA等)", "プログラムを含むため。見た目だけを残しています。"),
        Threat::HiddenData => ("隠れたデータ・以前の版", "見えない情報が相手に渡るのを防ぐため。"),
        Threat::Extension => ("拡張機能・独自データ", "文書以外の動きを加えるため。"),
        Threat::AuxiliaryPart => {
            ("印刷設定・縮小版などの付属データ", "内容に関係がなく、悪用されることがあるため。")
        }
        Threat::Signature => {
            ("電子署名", "作り直すと署名が成り立たなくなるため。署名の確認は原本で行ってください。")
        }
        Threat::Metadata => ("作成者・位置情報などの属性", "書いた人や場所の情報が渡るのを防ぐため。"),
        Threat::Unknown => ("正体の分からない部分", "安全と確かめられないため。"),
        Threat::ArchiveMember => ("中に入っていたファイル", "そのファイルは渡せないため。"),
        Threat::MemberPart => (
            "中に入っているファイルの一部分",
            "開いたときに働くものなどがあったため。そのファイル自体は渡します。",
        ),
        Threat::FileName => {
            ("ファイル名の危うい部分", "名前を偽る文字や、中身と合わない拡張子は、渡す名前に残せないため。")
        }
        Threat::Encryption => {
            ("パスワードによる暗号化", "検査のために、入力されたパスワードで解除したため。")
        }
        Threat::MarkNotPossible => (
            "分類の表示を付けられません",
            "この形式には分類を書き込む場所がないため。ファイルからは何も取り除いていません。扱いに注意してください。",
        ),
    }
}

/// Why a file did not pass.
#[must_use]
pub fn reason(reason: Reason) -> Trouble {
    match reason {
        Reason::Empty => trouble(
            "このファイルは空です。",
            "中身が1文字もありません。",
            "元のファイルを開いて内容を確かめ、保存し直してから送ってください。",
        ),
        Reason::NameMismatch => trouble(
            "ファイル名と中身が合っていません。",
            "拡張子の示す種類と、実際の中身の種類が違います。偽装のおそれがあるため止めました。",
            "元のアプリで開いて正しい形式で保存し直すか、送付元に確かめてください。",
        ),
        Reason::UnknownKind => trouble(
            "ファイルの種類を判別できません。",
            "中身が、知られているどの形式にも当てはまりません。",
            "Word・Excel・PowerPoint・PDF・画像・テキスト・CSVのいずれかに保存し直して送ってください。",
        ),
        Reason::NotRebuilt => trouble(
            "この種類のファイルは、この通信路の方法では無害化できません。",
            "種類は判別できましたが、安全な形に作り直す方法がありません。docなどの古い形式や一部のxls・pptの場合は、変換に使うオフィスソフトがこのサーバーにありません。",
            "docx・xlsx・pptxやPDFなど、作り直せる形式に保存し直して送るか、情報システム担当に相談してください。",
        ),
        Reason::Ambiguous => trouble(
            "2種類のファイルとして読める、紛らわしいファイルです。",
            "開くプログラムによって別のものに見える作りで、攻撃によく使われます。",
            "元のアプリケーションで保存し直して送ってください。",
        ),
        Reason::KindNotAllowed => trouble(
            "この種類のファイルは、この通信路では渡せません。",
            "方針で認めていない種類です。",
            "PDFなど認められている種類に変えて送ってください。認められている種類は送付画面にあります。",
        ),
        Reason::Damaged => trouble(
            "ファイルが壊れています。",
            "途中で切れているか、構造が正しくありません。",
            "元のファイルを開き直して保存し、もう一度送ってください。開けない場合は送付元に再送を頼んでください。",
        ),
        Reason::PasswordNeeded => trouble(
            "このファイルはパスワードが付いているため検査できません。",
            "中身が暗号化されていて、入力されたパスワードでは開けませんでした。",
            "正しいパスワードを入力して再検査するか、送付元にパスワードの解除を頼んでください。",
        ),
        Reason::TooLarge => trouble(
            "ファイルが大きすぎます。",
            "1つのファイルの上限を超えています。",
            "ファイルを分けるか、画像を小さくしてから送ってください。",
        ),
        Reason::Bomb => trouble(
            "展開すると異常に大きくなるファイルです。",
            "圧縮の割合が通常ではあり得ないほど高く、攻撃のおそれがあります。",
            "心当たりがなければ開かずに情報システム担当へ知らせてください。必要なら圧縮せずに送ってください。",
        ),
        Reason::TooComplex => trouble(
            "構造が複雑すぎて検査を終えられません。",
            "書庫の重なり、ページ数、画素数などが上限を超えています。",
            "書庫を解いて分けるか、ページを分けてから送ってください。",
        ),
        Reason::Executable => trouble(
            "プログラムは渡せません。",
            "実行できるファイルは、どの通信路でも通しません。",
            "業務に必要な場合は情報システム担当に相談してください。",
        ),
        Reason::NothingLeft => trouble(
            "渡せる中身が残りませんでした。",
            "書庫の中のファイルがすべて止められたか、取り除くもののほかに何もないファイルです。",
            "下の一覧で理由を確かめ、必要なものを直して送ってください。",
        ),
        Reason::NoWords => trouble(
            "このファイルには文字がありません。",
            "この通信路は文字だけを渡しますが、画像や図形のほかに中身がありません。スキャンした文書もこれに当たります。",
            "文字のある元の文書を送るか、情報システム担当に相談してください。",
        ),
        Reason::VerifyFailed => trouble(
            "無害化した結果が確認に通りませんでした。",
            "作り直したファイルに危険な部分が残っていないことを確かめられませんでした。",
            "PDFに保存し直すなど、別の形式で送ってください。続く場合は情報システム担当へ知らせてください。",
        ),
        Reason::ConversionFailed => trouble(
            "古い形式のファイルを、新しい形式に変換できませんでした。",
            "変換に使うオフィスソフトが、このファイルを開けないか、途中で止まりました。壊れている場合もあります。",
            "元のアプリケーションで開き、docx・xlsx・pptxなど今の形式で保存し直して送ってください。",
        ),
        Reason::TimedOut => trouble(
            "時間内に検査が終わりませんでした。",
            "ファイルが大きいか複雑なため、決められた時間を超えました。",
            "「再検査」を押してください。繰り返す場合はファイルを分けて送ってください。",
        ),
        Reason::OutOfMemory => trouble(
            "検査に必要なメモリが足りませんでした。",
            "ファイルが大きいか複雑なため、決められた量を超えました。",
            "「再検査」を押してください。繰り返す場合はファイルを分けて送ってください。",
        ),
        Reason::WorkerDied => trouble(
            "検査が途中で止まりました。",
            "検査のしくみが異常終了しました。ファイルは渡されていません。",
            "「再検査」を押してください。繰り返す場合は、開かずに情報システム担当へ知らせてください。",
        ),
    }
}

/// The notes that stand in an archive or a mail where a member was left out.
#[must_use]
pub fn notes() -> Notes {
    let text = |code: &Reason| {
        let Trouble { what, why, how } = reason(*code);
        format!("「{{name}}」は、無害化のため除きました。\r\n\r\n{what}\r\n{why}\r\n{how}\r\n")
    };
    Notes {
        name_ending: "除去".to_owned(),
        reasons: Reason::ALL.iter().map(|code| (*code, text(code))).collect(),
    }
}

/// Why somebody may not do something; the codes are those of `authz`.
#[must_use]
pub fn denial(reason: &str) -> Option<Trouble> {
    Some(match reason {
        "own-request" => trouble(
            "自分の申請は承認できません。",
            "申請した人と承認する人は別でなければなりません。",
            "ほかの承認者に依頼してください。",
        ),
        "wrong-zone" => trouble(
            "この系からは行えません。",
            "この操作は、決められた系の画面からだけ行えます。",
            "画面上部の「いまいる系」を確かめ、正しい系の端末から入り直してください。",
        ),
        "not-your-section" => trouble(
            "ほかの所属の案件です。",
            "この操作は、その所属の担当者だけが行えます。",
            "その所属に連絡してください。異動直後の場合は情報システム担当に職の登録を確かめてください。",
        ),
        "role-missing" => trouble(
            "この操作を行う役割がありません。",
            "方針で、この操作を行える役割が決められています。",
            "所属の情報セキュリティ管理者に依頼してください。役割が違う場合は情報システム担当に知らせてください。",
        ),
        "second-factor-needed" => trouble(
            "ワンタイムコードでの確認が必要です。",
            "この操作は、二要素認証を済ませた人だけが行えます。",
            "アカウント画面で二要素認証を登録し、ログインし直してください。",
        ),
        "account-disabled" => trouble(
            "このアカウントは停止されています。",
            "管理者が利用を止めています。",
            "情報システム担当に連絡してください。",
        ),
        "token-scope" => trouble(
            "このトークンでは行えません。",
            "トークンの許可範囲に、この操作が含まれていません。",
            "必要な範囲を選んでトークンを作り直してください。",
        ),
        "state" => trouble(
            "いまの状態ではこの操作はできません。",
            "ほかの人の操作や期限によって、状態が変わっています。",
            "最新の画面を開いて確かめてください。",
        ),
        "undecidable" | "not-applicable" | "never" => DENIED,
        "own-account" => trouble(
            "自分のアカウントは、自分では管理できません。",
            "登録や停止は、別の管理者が行うことになっています。",
            "ほかの管理者に依頼してください。",
        ),
        "already-decided" => trouble(
            "同じ人が続けて承認することはできません。",
            "この申請の前の段階をあなたが判断しています。別の2人の確認が必要です。",
            "この段階のほかの承認者に依頼してください。",
        ),
        "read-only" => trouble(
            "閲覧だけができる役割です。",
            "監査人は、記録を確かめることだけができます。",
            "操作が必要な場合は担当の所属に依頼してください。",
        ),
        _ => return None,
    })
}

/// Shown when a failure carries a code without words of its own.
pub const INTERNAL: Trouble = trouble(
    "内部の誤りが起きました。",
    "予期しないことが起きたため、安全のために処理を止めました。",
    "もう一度お試しください。続く場合は、受付番号を情報システム担当に知らせてください。",
);

/// Shown when a denial carries a code without words: it still refuses, and says so.
pub const DENIED: Trouble = trouble(
    "この操作は認められていません。",
    "方針で、この操作を行える人と場所が決められています。",
    "必要な場合は所属の情報セキュリティ管理者に相談してください。",
);

/// Why a transfer did not take a command.
#[must_use]
pub fn refusal(refusal: &Refusal) -> Trouble {
    match refusal {
        Refusal::State(_) => trouble(
            "いまの状態ではこの操作はできません。",
            "ほかの人の操作や期限によって、状態が変わっています。",
            "最新の状態を確かめてください。",
        ),
        Refusal::ContentChanged => trouble(
            "見ていた内容が変わっています。",
            "画面を開いた後に、ファイルや内容が変わりました。見ていない内容は承認できません。",
            "新しい内容を見直してから、もう一度判断してください。",
        ),
        Refusal::OwnRequest => trouble(
            "自分の申請は承認できません。",
            "申請した人と承認する人は別でなければなりません。",
            "ほかの承認者に依頼してください。",
        ),
        Refusal::SamePerson => trouble(
            "同じ人が続けて承認することはできません。",
            "前の段階をあなたが承認しています。方針は別の2人の確認を求めています。",
            "この段階のほかの承認者に依頼してください。",
        ),
        Refusal::NoDeputy => trouble(
            "この段階は代決できません。",
            "方針で、本人だけが判断すると決められています。",
            "本人の判断を待ってください。",
        ),
        Refusal::NotInspected(_) => trouble(
            "まだ原本を開いていないファイルがあります。",
            "無害化していないファイルは、承認する人が自分で原本を開いて確かめるまで渡せません。",
            "送り元の系の画面でこの授受を開き、「原本を開く」で中身を確かめてから、もう一度判断してください。",
        ),
        Refusal::NotVouched(_) => trouble(
            "安全と判断した印のないファイルがあります。",
            "無害化していないファイルは、承認する人が1つずつ認めたものだけを渡します。",
            "中身を確かめたファイルに印を付けるか、差し戻してください。",
        ),
        Refusal::Note(_) => trouble(
            "検査確認の「確かめ方」を書いてください。",
            "どう確かめたかは証跡に残り、後から監査されます(500文字まで)。",
            "ファイルごとに、開いて見た範囲や送付元への確認などを書いてください。",
        ),
        Refusal::Comment => trouble(
            "理由を入力してください。",
            "差戻しと否認には、相手に伝える理由が必要です(2,000文字まで)。",
            "理由を書いてから、もう一度押してください。",
        ),
        Refusal::Field(field) => match *field {
            "subject" => {
                trouble("件名が正しくありません。", "件名は1〜120文字です。", "件名を直してください。")
            }
            "purpose" => trouble(
                "理由・用途が正しくありません。",
                "承認のある通信路では、理由・用途が必要です(2,000文字まで)。",
                "理由・用途を直してください。",
            ),
            "classification" => trouble(
                "機密性が選ばれていません。",
                "機密性によって手続が変わります。",
                "機密性を選んでください。",
            ),
            "recipients" => trouble(
                "受取人が正しくありません。",
                "受取人は1〜50人で、同じ人を2度選べません。",
                "受取人を選び直してください。",
            ),
            "files" => trouble(
                "ファイルの数が正しくありません。",
                "1回に送れるのは1〜200個です。",
                "ファイルを選び直してください。",
            ),
            "answers" => trouble(
                "申請の項目が正しくありません。",
                "この通信路の申請に必要な項目が足りないか、長すぎます。",
                "申請の項目を直してください。",
            ),
            _ => trouble(
                "入力に誤りがあります。",
                "決められた範囲を外れています。",
                "入力を確かめてください。",
            ),
        },
        Refusal::File => trouble(
            "このファイルには行えない操作です。",
            "ファイルの状態が変わったか、外されています。",
            "最新の状態を確かめてください。",
        ),
        Refusal::NotRecipient => trouble(
            "受取人ではありません。",
            "ファイルは、宛先に選ばれた人だけが受け取れます。",
            "送った人に、宛先へ加えて送り直すよう頼んでください。",
        ),
        Refusal::Overdue => trouble(
            "期限を過ぎています。",
            "決められた期間が終わりました。",
            "必要な場合は、送った人がもう一度送ってください。",
        ),
    }
}

/// What went wrong with a field, by the codes of the use cases.
#[must_use]
pub fn problem(problem: &str) -> &'static str {
    match problem {
        "empty" => "入力してください。",
        "too-long" => "長すぎます。短くしてください。",
        "too-short" => "短すぎます。長くしてください。",
        "unknown" => "選ばれたものが見つかりません。選び直してください。",
        "not-allowed" => "ここでは選べません。選び直してください。",
        "weak" => "推測されやすいため使えません。長くし、よくある言葉や名前を避けてください。",
        "taken" => "すでに使われています。別のものにしてください。",
        "mismatch" => "正しくありません。もう一度入力してください。",
        "same" => "前と同じです。別のものにしてください。",
        "not-utf8" => "文字コードがUTF-8ではありません。UTF-8で保存し直してください。",
        "own-permit" => "本人限りの許可です。引き継がずに、要る人が新しく申請してください。",
        "several" => "同じ名前の人が何人かいます。番号(ログインID)で書いてください。",
        "past" => "過ぎた日です。今日か、その後の日にしてください。",
        "no-date" => "暦にある日付を書いてください(例: 2027/4/1、令和9年4月1日)。",
        "not-first" => "ファイルより前に送ってください。",
        _ => "正しくありません。入力を確かめてください。",
    }
}

/// The name of a field in a message.
#[must_use]
pub fn field(field: &str) -> &'static str {
    match field {
        "subject" => "件名",
        "purpose" => "理由・用途",
        "classification" => "機密性",
        "answers" => "回答",
        "recipients" | "recipient" => "受取人",
        "files" | "file" => "ファイル",
        "channel" => "宛先の系",
        "login" => "ログインID",
        "name" => "名前",
        "kana" => "ふりがな",
        "section" => "所属",
        "password" | "old" => "現在のパスワード",
        "new" => "新しいパスワード",
        "code" => "ワンタイムコード",
        "scopes" => "許可する範囲",
        "days" => "日数",
        "from" => "開始日",
        "until" => "終了日",
        "reason" => "理由",
        "post" => "職",
        "unit" => "所属・部",
        "comment" => "コメント",
        "day" => "異動の日",
        "successor" => "引継ぎ先",
        "submission" => "送信の番号",
        "layer" => "取込み案の名前",
        "against" => "比べる方針",
        "roles" => "役割",
        "same" => "同じ遵守事項",
        "correction" => "訂正",
        other => editions::field(other).or_else(|| notices::field(other)).unwrap_or("入力"),
    }
}

/// What an error page says, by the code of the use case's error.
#[must_use]
pub fn error(code: &str) -> Option<Trouble> {
    Some(match code {
        "denied" => DENIED,
        "not-found" => trouble(
            "ページまたは案件が見つかりません。",
            "アドレスが違うか、あなたが見られる範囲にありません。",
            "ホームから探し直してください。人から受け取ったアドレスの場合は、送り主に確かめてください。",
        ),
        "invalid" => {
            trouble("入力に誤りがあります。", "決められた範囲を外れています。", "入力を確かめてください。")
        }
        "credentials" => trouble(
            "ログインできませんでした。",
            "ログインID、パスワード、コードのいずれかが違います。",
            "入力を確かめて、もう一度お試しください。忘れた場合は情報システム担当に再発行を頼んでください。",
        ),
        "locked" => trouble(
            "しばらくログインできません。",
            "続けて間違えたため、安全のために止めています。",
            "しばらく待ってからお試しください。心当たりがなければ情報システム担当に知らせてください。",
        ),
        "session-ended" => trouble(
            "ログインが切れました。",
            "しばらく操作がなかったか、ログアウトしました。",
            "もう一度ログインしてください。続きの画面に戻ります。",
        ),
        "channel-denied" => trouble(
            "この宛先へは送れません。",
            "方針で、この系の間のファイルの受渡しを認めていません。",
            "業務に必要な場合は情報システム管理者に相談してください。",
        ),
        "no-approver" => trouble(
            "この申請を承認できる人がいません。",
            "承認する役割を持つ人が、申請した人のほかに、上位の役割まで含めて登録されていません。",
            "情報システム管理者に、承認する職の登録を頼んでください。登録された後に、もう一度送ってください。",
        ),
        "too-large" => trouble(
            "送られたデータが大きすぎます。",
            "決められた大きさの上限を超えています。",
            "ファイルを分けるか小さくしてから送ってください。",
        ),
        "too-many" => {
            trouble("数が多すぎます。", "1回に扱える数の上限を超えています。", "何回かに分けてください。")
        }
        "conflict" => trouble(
            "ほかの人の操作と重なりました。",
            "同じ案件が、ほんの少し先に変更されました。あなたの操作は行われていません。",
            "最新の状態を確かめてから、もう一度操作してください。",
        ),
        "unavailable" => trouble(
            "いま一時的に使えません。",
            "データベースにつながりません。送ったファイルや記録は失われていません。",
            "1分ほど待ってから、もう一度お試しください。続く場合は情報システム担当に知らせてください。",
        ),
        "storage-full" => trouble(
            "保存する場所が足りません。",
            "サーバの空き容量がなくなりました。送ったファイルは保存されていません。",
            "情報システム担当に、受付番号とともに知らせてください。",
        ),
        "internal" => INTERNAL,
        "unauthorised" => trouble(
            "認証されていません。",
            "トークンまたはセッションがないか、この系のものではありません。",
            "この系で作ったトークンを付けるか、ログインしてください。",
        ),
        "code-needed" => trouble(
            "ワンタイムコードの確認がまだです。",
            "パスワードの次に、コードの確認が要ります。",
            "コードを入力してください。プログラムからは /session/code へ送ってください。",
        ),
        "password-change-needed" => trouble(
            "先にパスワードを変えてください。",
            "最初に渡されたパスワードのままです。",
            "新しいパスワードを決めてください。プログラムからは /me/password で変更してください。",
        ),
        "malformed" => trouble(
            "要求を読み取れません。",
            "書式が仕様と違います。",
            "openapi.json の定義に合わせてください。",
        ),
        "media-type" => trouble(
            "本文の種類が違います。",
            "JSONの要求には Content-Type: application/json が要ります。",
            "ヘッダを直してください。",
        ),
        "method-not-allowed" => trouble(
            "この方法では呼べません。",
            "アドレスに対するメソッドが違います。",
            "openapi.json で確かめてください。",
        ),
        "too-many-streams" => trouble(
            "同時に開ける画面の数を超えました。",
            "動きを知らせる接続は、1人が開ける数に上限があります。",
            "使っていないものを閉じてください。",
        ),
        "interrupted" => trouble(
            "受信が途中で終わりました。",
            "接続が切れたか、本文の区切りが壊れています。何も提出されていません。",
            "もう一度送ってください。",
        ),
        "cross-site" => trouble(
            "ほかのサイトからの操作を止めました。",
            "この画面の外から送られた操作は受け付けません。",
            "関所の画面を開き直し、そこから操作してください。",
        ),
        "timeout" => trouble(
            "時間内に終わりませんでした。",
            "サーバが混み合っているか、送信が途中で止まりました。",
            "少し待ってから、もう一度お試しください。",
        ),
        _ => {
            return requests::error(code)
                .or_else(|| editions::error(code))
                .or_else(|| duties::error(code))
                .or_else(|| training::error(code))
                .or_else(|| registers::error(code))
                .or_else(|| rosters::error(code))
                .or_else(|| print::error(code))
                .or_else(|| records::error(code));
        }
    })
}

/// What a token may do, for choosing and listing; the codes are those of `authz`.
#[must_use]
pub fn token_scope(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "read-transfers" => "授受を見る",
        "write-transfers" => "送る・引き戻す・取り下げる",
        "receive-transfers" => "受け取る",
        "decide-transfers" => "承認する",
        "read-evidence" => "条項と証跡を見る・持ち出す",
        "read-users" => "職員を見る",
        "manage-users" => "職員を管理する",
        "manage-policy" => "方針の版を提案する",
        _ => {
            return requests::token_scope(scope)
                .or_else(|| duties::token_scope(scope))
                .or_else(|| registers::token_scope(scope));
        }
    })
}

/// What happened, for the timeline and the list of evidence; the codes are the kinds of evidence of `app`.
#[must_use]
pub fn evidence(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "house-opened" => "システムの起動",
        "organisation-loaded" => "組織の読込み",
        "login-succeeded" => "ログイン",
        "login-failed" => "ログイン失敗",
        "login-locked" => "ログイン停止(連続失敗)",
        "second-factor-succeeded" => "ワンタイムコード確認",
        "second-factor-failed" => "ワンタイムコード誤り",
        "logged-out" => "ログアウト",
        "password-changed" => "パスワード変更",
        "second-factor-enrolled" => "二要素認証の登録",
        "second-factor-reset" => "二要素認証の解除",
        "token-created" => "APIトークン発行",
        "token-revoked" => "APIトークン取消し",
        "absence-set" => "不在の登録",
        "absence-ended" => "不在の解除",
        "access-denied" => "権限がなく拒否",
        "person-moved" => "異動の反映",
        "person-not-moved" => "異動の見送り",
        "personnel-planned" => "人事異動の計画",
        "personnel-successor" => "引継ぎ先の指定",
        "personnel-asked" => "人事異動の申請",
        "personnel-sent-back" => "人事異動の申請の終わり",
        "personnel-approved" => "人事異動の承認",
        "personnel-withdrawn" => "人事異動の取りやめ",
        "personnel-begun" => "人事異動の反映開始",
        "personnel-applied" => "人事異動の反映と確かめ",
        "personnel-passwords" => "初期パスワードの発行",
        "request-handed-over" => "申請の引継ぎ",
        "user-added" => "利用者の登録",
        "user-enabled" => "利用の再開",
        "user-disabled" => "利用の停止",
        "password-reset" => "パスワード再発行",
        "post-given" => "職の登録",
        "post-ended" => "職の終了",
        "transfer-denied" => "通信不可により拒否",
        "transfer-submitted" => "提出",
        "transfer-resubmitted" => "再提出",
        "file-sanitised" => "無害化の終了",
        "file-awaits-inspection" => "検査確認待ち(無害化していないファイル)",
        "original-opened" => "原本を開いた(検査)",
        "file-vouched" => "検査確認(安全と判断)",
        "file-held" => "ファイルの保留",
        "file-refused" => "ファイルの遮断",
        "file-requeued" => "再検査の指示",
        "file-blocked" => "ファイルを外した",
        "step-opened" => "承認依頼",
        "cells-stopped" => "無害化のしくみを起動できない",
        "cells-restored" => "無害化のしくみの復旧",
        "step-raised" => "上位の役割に回した(決められる人がいないため)",
        "step-escalated" => "期限を過ぎたので上位の役割も決められるようにした",
        "approver-missing" => "承認できる人がいない",
        "step-reminded" => "督促",
        "step-decided" => "承認者の判断",
        "step-decided-by-deputy" => "代決",
        "deputy-reviewed" => "後閲",
        "transfer-released" => "受取可になった",
        "transfer-received" => "受領",
        "file-downloaded" => "ファイルの受取り",
        "transfer-pulled-back" => "引戻し",
        "transfer-withdrawn" => "取下げ",
        "transfer-refused" => "授受の遮断",
        "transfer-expired" => "期限切れ",
        "originals-erased" => "原本の消去(保存期間満了)",
        "results-erased" => "結果の消去(保存期間満了)",
        "uploads-swept" => "申請されなかったファイルの消去",
        "payload-erased" => "証跡の内容の消去",
        "record-listed" => "廃棄予定への掲載",
        "record-held" => "廃棄の保留",
        "record-released" => "廃棄の保留の解除",
        "record-destruction-proposed" => "廃棄の起案",
        "record-destruction-decided" => "廃棄の決裁",
        "record-destruction-declined" => "廃棄の起案を退けた",
        "record-emptied" => "文書の内容の消去",
        "record-destroyed" => "文書の廃棄",
        "evidence-exported" => "証跡の持出し",
        "policy-exported" => "方針の書出し(公開していない内容を含む)",
        _ => {
            return requests::evidence(kind)
                .or_else(|| editions::evidence(kind))
                .or_else(|| imports::evidence(kind))
                .or_else(|| duties::evidence(kind))
                .or_else(|| training::evidence(kind))
                .or_else(|| registers::evidence(kind))
                .or_else(|| notices::evidence(kind));
        }
    })
}

/// What kind of thing an entry of evidence is about; the codes are those that `app` writes.
#[must_use]
pub fn subject(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "transfer" => "授受",
        "user" => "利用者",
        "login" => "ログインID",
        "request" => "申請",
        "task" => "実施の案件",
        "duty" => "実施事項",
        "course" => "研修",
        "register-row" => "台帳",
        "record" => "文書",
        "roster" => "人事異動の計画",
        "edition" => "方針の版",
        "import" => "方針の取込み",
        "pack" | "policy" => "方針",
        "parameter" => "定める値",
        "clause" => "条項",
        "channel" => "通信路",
        "zone" => "系",
        "city" => "全庁",
        "mails" => "メール",
        "ledger" | "evidence" => "証跡",
        "system" => "システム",
        _ => return None,
    })
}

/// How a mechanism does today.
#[must_use]
pub fn mechanism_state(state: MechanismState) -> (&'static str, Tone) {
    match state {
        MechanismState::Planned => ("予定", Tone::Wait),
        MechanismState::Stopped => ("停止中", Tone::Bad),
        MechanismState::Seen => ("証跡あり", Tone::Good),
        MechanismState::Unseen => ("証跡はまだありません", Tone::Mixed),
        MechanismState::Silent => ("常に働く(証跡は残しません)", Tone::Plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use workflow::id::FileId;

    #[track_caller]
    fn complete(code: &str, words: Trouble) {
        for part in [words.what, words.why, words.how] {
            assert!(part.ends_with('。') && part.chars().count() >= 6, "{code}: {part}");
        }
        assert!(words.what != words.why && words.why != words.how, "{code} repeats itself");
    }

    #[test]
    fn every_reason_says_what_why_and_what_to_do() {
        let mut seen = BTreeSet::new();
        for code in Reason::ALL {
            complete(code.id(), reason(*code));
            assert!(seen.insert(reason(*code).what), "two reasons read the same: {}", code.id());
        }
    }

    #[test]
    fn every_reason_has_a_note_that_names_the_file() {
        let notes = notes();
        assert_eq!(notes.reasons.len(), Reason::ALL.len());
        assert!(notes.reasons.values().all(|text| text.contains("{name}") && text.len() < 4_000));
    }

    #[test]
    fn families_are_named_once_in_their_order() {
        let kinds = [Kind::Pdf, Kind::Png, Kind::Docx, Kind::Jpeg, Kind::Xlsx];
        assert_eq!(families(&kinds), "PDF、画像、Word・Excel・PowerPoint");
    }

    #[test]
    fn every_removal_has_a_name_and_a_cause() {
        let mut seen = BTreeSet::new();
        for code in Threat::ALL {
            let (what, why) = threat(*code);
            assert!(seen.insert(what), "two removals read the same: {}", code.id());
            assert!(why.ends_with('。'), "{}", code.id());
        }
    }

    #[test]
    fn every_state_reads_differently_and_not_by_colour_alone() {
        let words: BTreeSet<_> = State::ALL.into_iter().map(|s| state(s).0).collect();
        assert_eq!(words.len(), State::ALL.len());
        let words: BTreeSet<_> = FileState::ALL.into_iter().map(|s| file_state(s).0).collect();
        assert_eq!(words.len(), FileState::ALL.len());
        let tones =
            [Tone::Plain, Tone::Busy, Tone::Wait, Tone::Good, Tone::Mixed, Tone::Unchanged, Tone::Bad];
        let icons: BTreeSet<_> = tones.into_iter().map(Tone::icon).collect();
        assert_eq!(icons.len(), tones.len());
        let kinds: BTreeSet<_> = Kind::ALL.iter().copied().map(kind).collect();
        assert_eq!(kinds.len(), Kind::ALL.len());
    }

    #[test]
    fn every_state_of_a_mechanism_reads_differently() {
        let words: BTreeSet<_> = MechanismState::WORDS.iter().map(|(_, s)| mechanism_state(*s).0).collect();
        assert_eq!(words.len(), MechanismState::WORDS.len());
        for (id, state) in MechanismState::WORDS {
            assert_eq!(state.id(), *id);
        }
    }

    #[test]
    fn every_error_denial_and_refusal_is_complete() {
        // Codes of refusals are worded by `refusal`, which the compiler keeps complete.
        let refusals = [
            "refused-state",
            "content-changed",
            "own-request",
            "same-person",
            "no-deputy",
            "not-inspected",
            "not-vouched",
            "note-needed",
            "comment-needed",
            "field",
            "file-state",
            "not-recipient",
            "overdue",
            "import-refused",
        ];
        for code in app::Error::CODES
            .iter()
            .filter(|c| !refusals.contains(c))
            .chain(&["cross-site", "timeout"])
            .chain(&crate::api::OWN_CODES)
        {
            complete(code, error(code).unwrap_or_else(|| panic!("no words for {code}")));
        }
        for reason in authz::Reason::ALL {
            complete(
                reason.id(),
                denial(reason.id()).unwrap_or_else(|| panic!("no words for {}", reason.id())),
            );
        }
        let mut seen = BTreeSet::new();
        for kind in app::evidence::Kind::ALL {
            let words = evidence(kind.id()).unwrap_or_else(|| panic!("no words for {}", kind.id()));
            assert!(seen.insert(words), "two kinds of evidence read the same: {words}");
        }
        for scope in authz::TokenScope::ALL {
            assert!(token_scope(scope.id()).is_some(), "{}", scope.id());
        }
        for value in [
            Refusal::State(State::Ready),
            Refusal::ContentChanged,
            Refusal::OwnRequest,
            Refusal::SamePerson,
            Refusal::NoDeputy,
            Refusal::NotInspected(FileId::new("f")),
            Refusal::NotVouched(FileId::new("f")),
            Refusal::Note(FileId::new("f")),
            Refusal::Comment,
            Refusal::Field("subject"),
            Refusal::Field("purpose"),
            Refusal::Field("classification"),
            Refusal::Field("recipients"),
            Refusal::Field("files"),
            Refusal::Field("other"),
            Refusal::File,
            Refusal::NotRecipient,
            Refusal::Overdue,
        ] {
            complete(&format!("{value:?}"), refusal(&value));
        }
        assert_eq!((error("no such"), denial("no such"), evidence("no such")), (None, None, None));
    }
}
