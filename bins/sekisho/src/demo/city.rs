//! The people of the fictional 星見市: forty in six sections, with posts. No name is a real person's.
//!
//! Owns the list and registering it.

use app::{App, people::NewPerson};
use serde::{Deserialize, Serialize};
use workflow::id::{SectionId, UserId};

/// Someone of the city, as the invitation shows him.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Resident {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) section: String,
    pub(crate) posts: Vec<String>,
    /// What to try as this person; only for the few that a visitor needs.
    pub(crate) guide: Option<String>,
    #[serde(skip)]
    pub(crate) id: Option<UserId>,
}

/// What preparing left behind, for the next start.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) residents: Vec<Resident>,
    pub(crate) token: Option<String>,
}

/// Login, name, kana, section, post, and what a visitor can try.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<&'static str>);

#[rustfmt::skip]
const PEOPLE: [Row; 40] = [
    ("hoshino",   "星野 茂樹",   "ほしの しげき",     "general-affairs", "deputy-mayor",             Some("副市長・CISO: 条項と証跡を見る")),
    ("tsukishima","月島 和代",   "つきしま かずよ",   "general-affairs", "general-affairs-director", None),
    ("amano",     "天野 健",     "あまの けん",       "general-affairs", "section-manager",          None),
    ("kirishima", "霧島 由美",   "きりしま ゆみ",     "general-affairs", "assistant-manager",        None),
    ("sorano",    "空野 直人",   "そらの なおと",     "general-affairs", "chief",                    None),
    ("kumoi",     "雲井 早苗",   "くもい さなえ",     "general-affairs", "staff",                    None),
    ("minegishi", "峰岸 拓也",   "みねぎし たくや",   "general-affairs", "staff",                    None),
    ("auditor",   "鏡 正子",     "かがみ まさこ",     "general-affairs", "auditor",                  Some("監査: 証跡を書き出して検証する")),
    ("akatsuki",  "暁 修一",     "あかつき しゅういち","digital",        "it-manager",               Some("情報システム管理者: 保留と利用者を見る")),
    ("hayase",    "早瀬 恵",     "はやせ めぐみ",     "digital",         "it-deputy-manager",        None),
    ("tomari",    "泊 慎吾",     "とまり しんご",     "digital",         "it-operator",              None),
    ("isono",     "磯野 亜紀",   "いその あき",       "digital",         "it-operator",              None),
    ("nagisa",    "渚 大輔",     "なぎさ だいすけ",   "digital",         "assistant-manager",        None),
    ("hibari",    "雲雀 真",     "ひばり まこと",     "digital",         "staff",                    None),
    ("kogarashi", "木枯 千夏",   "こがらし ちなつ",   "citizens",        "director",                 None),
    ("wakaba",    "若葉 明",     "わかば あきら",     "residents",       "section-manager",          Some("市民課長: 承認する")),
    ("himawari",  "日向 葵",     "ひなた あおい",     "residents",       "assistant-manager",        None),
    ("kaede",     "楓 美咲",     "かえで みさき",     "residents",       "chief",                    None),
    ("sakura",    "桜木 花",     "さくらぎ はな",     "residents",       "staff",                    Some("市民課員: ファイルを送る")),
    ("momiji",    "紅葉 翔",     "もみじ しょう",     "residents",       "staff",                    Some("市民課員: ファイルを受け取る")),
    ("yanagi",    "柳 遼",       "やなぎ りょう",     "residents",       "staff",                    None),
    ("suzuran",   "鈴蘭 奈々",   "すずらん なな",     "residents",       "fixed-term-staff",         None),
    ("izumi",     "泉 隆",       "いずみ たかし",     "welfare",         "section-manager",          None),
    ("shimizu",   "清水 香織",   "しみず かおり",     "welfare",         "assistant-manager",        None),
    ("takigawa",  "滝川 学",     "たきがわ まなぶ",   "welfare",         "chief",                    None),
    ("sawada",    "沢田 結衣",   "さわだ ゆい",       "welfare",         "staff",                    None),
    ("fuchigami", "淵上 蓮",     "ふちがみ れん",     "welfare",         "staff",                    None),
    ("minamoto",  "源 さくら",   "みなもと さくら",   "welfare",         "fixed-term-staff",         None),
    ("iwao",      "岩尾 剛",     "いわお つよし",     "city-planning",   "director",                 None),
    ("oka",       "岡 信二",     "おか しんじ",       "planning",        "section-manager",          None),
    ("tanimura",  "谷村 久美",   "たにむら くみ",     "planning",        "assistant-manager",        None),
    ("nohara",    "野原 徹",     "のはら とおる",     "planning",        "chief",                    None),
    ("hatano",    "畑野 彩",     "はたの あや",       "planning",        "staff",                    None),
    ("morita",    "森田 陸",     "もりた りく",       "planning",        "staff",                    None),
    ("mizuno",    "水野 勉",     "みずの つとむ",     "water",           "section-manager",          None),
    ("kawase",    "川瀬 文",     "かわせ ふみ",       "water",           "assistant-manager",        None),
    ("namikawa",  "並川 聡",     "なみかわ さとし",   "water",           "chief",                    None),
    ("ikeda",     "池田 凪",     "いけだ なぎ",       "water",           "staff",                    None),
    ("numata",    "沼田 光",     "ぬまた ひかる",     "water",           "staff",                    None),
    ("tamai",     "玉井 澄子",   "たまい すみこ",     "water",           "fixed-term-staff",         None),
];

/// Registers everybody.
///
/// # Errors
/// When the pack does not fit the list.
pub(crate) async fn register(app: &App, password: &str) -> anyhow::Result<Vec<Resident>> {
    let mut residents = Vec::with_capacity(PEOPLE.len());
    for (login, name, kana, place, post, guide) in PEOPLE {
        // Directors stand above sections; they sit in the first section of their department.
        let section = match app.pack().section(place) {
            Some(section) => section.id.clone(),
            None => app
                .pack()
                .sections()
                .iter()
                .find(|s| s.department == place)
                .map(|s| s.id.clone())
                .ok_or_else(|| anyhow::anyhow!("「{place}」は方針パックにありません"))?,
        };
        let person = NewPerson {
            login: login.to_owned(),
            name: name.to_owned(),
            kana: kana.to_owned(),
            section: SectionId::new(section.clone()),
        };
        let id = app.install_person(person, password, false).await?;
        let known =
            app.pack().post(post).ok_or_else(|| anyhow::anyhow!("職「{post}」は方針パックにありません"))?;
        let unit = match known.scope {
            policy::Scope::City => None,
            policy::Scope::Section => Some(section.clone()),
            policy::Scope::Department => app.pack().section(&section).map(|s| s.department.clone()),
        };
        app.install_post(&id, post, unit.as_deref()).await?;
        residents.push(Resident {
            login: login.to_owned(),
            name: name.to_owned(),
            section: app.section_name(&SectionId::new(section)),
            posts: vec![known.title.clone()],
            guide: guide.map(ToOwned::to_owned),
            id: Some(id),
        });
    }
    Ok(residents)
}

/// The person with this login.
///
/// # Errors
/// When the list has none.
pub(crate) fn find<'a>(residents: &'a [Resident], login: &str) -> anyhow::Result<&'a UserId> {
    residents
        .iter()
        .find(|r| r.login == login)
        .and_then(|r| r.id.as_ref())
        .ok_or_else(|| anyhow::anyhow!("「{login}」は星見市にいません"))
}
