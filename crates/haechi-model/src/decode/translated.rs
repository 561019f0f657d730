//! Keys that a translation tool turned into another language together with the prose around them.

/// The key that `key` is a translation of.
#[must_use]
pub fn english(key: &str) -> Option<&'static str> {
    if key.is_ascii() {
        return None;
    }
    let folded: String = key.chars().filter(|c| !c.is_whitespace()).collect();
    KEYS.iter()
        .find(|(_, words)| words.contains(&&*folded))
        .map(|(english, _)| *english)
}

/// What the usual translators make of the keys of policies and of the objects around them, in
/// Korean, Japanese and Chinese.
const KEYS: &[(&str, &[&str])] = &[
    (
        "apiVersion",
        &[
            "API버전",
            "api버전",
            "apiVersion버전",
            "APIバージョン",
            "apiバージョン",
            "API版本",
            "api版本",
        ],
    ),
    ("kind", &["종류", "유형", "種類", "種別", "类型", "种类", "種類型"]),
    (
        "metadata",
        &["메타데이터", "메타자료", "メタデータ", "元数据", "中繼資料"],
    ),
    ("name", &["이름", "명칭", "성명", "名前", "名称", "名稱"]),
    (
        "namespace",
        &[
            "네임스페이스",
            "이름공간",
            "ネームスペース",
            "名前空間",
            "命名空间",
            "命名空間",
        ],
    ),
    ("labels", &["레이블", "라벨", "ラベル", "标签", "標籤"]),
    (
        "annotations",
        &[
            "주석",
            "어노테이션",
            "애너테이션",
            "注釈",
            "アノテーション",
            "注解",
            "註解",
        ],
    ),
    ("spec", &["사양", "스펙", "명세", "仕様", "规格", "規格"]),
    ("status", &["상태", "状態", "状态", "狀態"]),
    (
        "podSelector",
        &[
            "포드선택기",
            "파드선택기",
            "파드셀렉터",
            "포드셀렉터",
            "ポッドセレクター",
            "Pod选择器",
            "pod选择器",
        ],
    ),
    (
        "namespaceSelector",
        &[
            "네임스페이스선택기",
            "네임스페이스셀렉터",
            "ネームスペースセレクター",
            "命名空间选择器",
        ],
    ),
    (
        "selector",
        &["선택기", "셀렉터", "선택자", "セレクター", "选择器", "選擇器"],
    ),
    (
        "matchLabels",
        &["일치레이블", "일치라벨", "매치레이블", "一致ラベル", "匹配标签"],
    ),
    (
        "matchExpressions",
        &["일치표현식", "매치표현식", "一致式", "匹配表达式"],
    ),
    ("key", &["키", "キー", "键", "鍵"]),
    ("operator", &["연산자", "운영자", "演算子", "运算符", "操作符"]),
    ("values", &["값", "값들", "値", "值"]),
    ("policyTypes", &["정책유형", "정책종류", "ポリシータイプ", "策略类型"]),
    ("ingress", &["인그레스", "수신", "진입", "イングレス", "入口", "入站"]),
    ("egress", &["이그레스", "송신", "출구", "エグレス", "出口", "出站"]),
    ("from", &["에서", "부터", "출발지", "から", "来自"]),
    ("to", &["로", "에게", "까지", "목적지", "へ", "到"]),
    ("ports", &["포트", "포트들", "ポート", "端口", "連接埠"]),
    ("port", &["포트번호", "ポート番号", "端口号"]),
    ("protocol", &["프로토콜", "プロトコル", "协议", "協定"]),
    ("ipBlock", &["IP블록", "ip블록", "IPブロック", "IP块", "ip块"]),
    ("except", &["제외", "예외", "除外", "除了", "例外"]),
    (
        "containers",
        &["컨테이너", "컨테이너들", "コンテナ", "コンテナー", "容器"],
    ),
    ("containerPort", &["컨테이너포트", "コンテナポート", "容器端口"]),
    ("image", &["이미지", "イメージ", "镜像", "映像"]),
    ("template", &["템플릿", "テンプレート", "模板", "範本"]),
    ("replicas", &["복제본", "레플리카", "レプリカ", "副本"]),
    ("items", &["항목", "項目", "アイテム", "项目"]),
    ("priority", &["우선순위", "優先度", "优先级"]),
    ("subject", &["주제", "대상", "対象", "主题"]),
    ("action", &["작업", "동작", "행동", "アクション", "操作", "动作"]),
    ("tier", &["계층", "티어", "階層", "层级"]),
];
