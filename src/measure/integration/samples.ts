/** What the model is given: words, sayings, addresses and texts. Draws are taken from these lists by seed. */

/** Ordinary words of one to three tokens, to be repeated. */
export const WORDS = [
  ...["lantern", "river", "orange", "window", "garden", "silver", "doctor", "bridge", "summer", "planet"],
  ...["teacher", "winter", "market", "forest", "engine", "castle", "mirror", "island", "pocket", "letter"],
  ...["candle", "needle", "tunnel", "basket"],
] as const;

/** English sayings as [begin, next word]: common knowledge that any model trained on English text has. */
export const SAYINGS: readonly (readonly [begin: string, next: string])[] = [
  ["The quick brown", "fox"],
  ["To be, or not to", "be"],
  ["An apple a day keeps the doctor", "away"],
  ["A picture is worth a thousand", "words"],
  ["Actions speak louder than", "words"],
  ["All roads lead to", "Rome"],
  ["Better late than", "never"],
  ["Birds of a feather flock", "together"],
  ["Blood is thicker than", "water"],
  ["Curiosity killed the", "cat"],
  ["Every cloud has a silver", "lining"],
  ["Honesty is the best", "policy"],
  ["Look before you", "leap"],
  ["No news is good", "news"],
  ["Practice makes", "perfect"],
  ["Rome was not built in a", "day"],
  ["The early bird catches the", "worm"],
  ["The pen is mightier than the", "sword"],
  ["There is no place like", "home"],
  ["There is no smoke without", "fire"],
  ["Too many cooks spoil the", "broth"],
  ["Two heads are better than", "one"],
  ["You cannot judge a book by its", "cover"],
  ["Strike while the iron is", "hot"],
  ["The end justifies the", "means"],
  ["Truth is stranger than", "fiction"],
  ["Out of sight, out of", "mind"],
  ["Monday, Tuesday,", "Wednesday"],
  ["One, two, three,", "four"],
  ["The capital of France is", "Paris"],
];

export interface Address {
  readonly username: string;
  readonly domain: string;
  readonly tld: string;
}

/** Addresses to be taken apart; all domains are reserved for examples (RFC 2606) or made of such. */
export const ADDRESSES: readonly Address[] = [
  "anna",
  "b.smith",
  "carol",
  "info",
  "j.doe",
  "office",
  "tom",
].flatMap((username) => [
  { username, domain: "example", tld: "com" },
  { username, domain: "example", tld: "org" },
  { username, domain: "example", tld: "net" },
]);

/** Texts that tokenizers have lost bytes of: scripts, joined emoji, blanks, control texts, code. */
export const TEXTS = [
  "",
  " ",
  "  two  spaces  ",
  "Hello, world!",
  "\n\n\tdef f(x):\r\n\t\treturn x ** 2\n",
  "naïve façade, Ærøskøbing, Łódź, Größe",
  "e\u0301 is not \u00e9; \u1e9b\u0323",
  "Привет, как дела?",
  "Ελληνικά και Ἀθῆναι",
  "日本語と한국어 and 中文字符",
  "العربية مع שלום \u202eabc\u202c",
  "हिन्दी ไทย தமிழ் አማርኛ",
  "👩‍👩‍👧 🏳️‍🌈 🇩🇪 👍🏽",
  "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐍈 𒀀",
  "∑ ∫ √2 ≠ π ≤ ∞ ½",
  "\u0000\u0001\u001b[31m\u007f\u0085\ufeff\u200b\u2028",
  "</s><s>[INST]<unk><0x0A><|im_end|>",
  '{"a": [1, 2.5e-3, null, "\\u00e9"]}',
  "1234567890 3.14159 1,000,000 0x7fff",
  "https://example.com/?q=%20&r=ä#x",
  "a".repeat(300),
  "-".repeat(80),
  " ".repeat(40),
] as const;

/** Pieces that random texts are made of. */
export const PIECES = [
  ...[
    "the",
    " of",
    "and ",
    "ing",
    "Ä",
    "ß",
    "ё",
    "щ",
    "字",
    "한",
    "ع",
    "ש",
    "ก",
    "🙂",
    "👨‍👩‍👦",
    "\u0301",
    "\u200d",
  ],
  ...[
    "\n",
    "\t",
    " ",
    "  ",
    "    ",
    "\r\n",
    "«",
    "»",
    "\u0000",
    "\u2028",
    "</s>",
    "[INST]",
    "<0x41>",
    "#",
    "::",
    "0",
  ],
  ...["42", "3.14", "_x", "=>", "});", "é", "İ", "ﬁ", "½", "𝄞", "\ufffd", "\ue000", "'s", "...", "—"],
] as const;
