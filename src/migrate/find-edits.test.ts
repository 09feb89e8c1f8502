import { describe, expect, it } from "vitest";
import { findEdits, readerFor } from "./find-edits.ts";
import { applyEdits } from "./text-edit.ts";
import { unifiedDiff } from "./unified-diff.ts";

const look = (name: string, source: string) => findEdits(source, readerFor(name)!);
const edited = (name: string, source: string) => applyEdits(source, look(name, source).edits);
const notes = (name: string, source: string) => [
  ...new Set(look(name, source).notes.map(({ kind }) => kind)),
];

const OLD_REPO = "TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF";
const OLD_FILE = "tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf";
const OLD_ID = "local-tinyllama-1.1b-chat";
const NEW_REPO = "mradermacher/Mixtral-8x7B-Instruct-v0.1-GGUF";
const NEW_FILE = "Mixtral-8x7B-Instruct-v0.1.Q4_K_M.gguf";
const NEW_ID = "local-mixtral-8x7b-instruct";

describe("Python", () => {
  it.each([
    [`DEFAULT_MODEL_REPO = "${OLD_REPO}"  # why`, `DEFAULT_MODEL_REPO = "${NEW_REPO}"  # why`],
    [`DEFAULT_MODEL_FILE: Final[str] = r'${OLD_FILE}'`, `DEFAULT_MODEL_FILE: Final[str] = r'${NEW_FILE}'`],
    [`DEFAULT_MODEL_PATH = """/srv/${OLD_FILE}"""`, `DEFAULT_MODEL_PATH = """/srv/${NEW_FILE}"""`],
    [`DEFAULT_MODEL_PATH = "C:\\\\llm\\\\${OLD_FILE}"`, `DEFAULT_MODEL_PATH = "C:\\\\llm\\\\${NEW_FILE}"`],
    [`DEFAULT_MODEL_PATH = Path("m") / "${OLD_FILE}"`, `DEFAULT_MODEL_PATH = Path("m") / "${NEW_FILE}"`],
    [
      `DEFAULT_MODEL_PATH = hf_hub_download(\n  "${OLD_REPO}",\n  "${OLD_FILE}",\n)`,
      `DEFAULT_MODEL_PATH = hf_hub_download(\n  "${NEW_REPO}",\n  "${NEW_FILE}",\n)`,
    ],
    [
      `DEFAULT_MODEL_PATH = "https://huggingface.co/${OLD_REPO}/resolve/main/${OLD_FILE}"`,
      `DEFAULT_MODEL_PATH = "https://huggingface.co/${NEW_REPO}/resolve/main/${NEW_FILE}"`,
    ],
    ["DEFAULT_CONTEXT_LENGTH = 2048", "DEFAULT_CONTEXT_LENGTH = 4096"],
    ["DEFAULT_CONTEXT_LENGTH: int = 2_048", "DEFAULT_CONTEXT_LENGTH: int = 4096"],
    [
      "class S:\n    default_context_length: int = Field(2048, ge=1)",
      "class S:\n    default_context_length: int = Field(4096, ge=1)",
    ],
    [
      'N = int(os.environ.get("DEFAULT_CONTEXT_LENGTH", "2048"))',
      'N = int(os.environ.get("DEFAULT_CONTEXT_LENGTH", "4096"))',
    ],
    [
      `R = os.getenv('DEFAULT_MODEL_REPO', '${OLD_REPO}')`,
      `R = os.getenv('DEFAULT_MODEL_REPO', '${NEW_REPO}')`,
    ],
    [`os.environ["DEFAULT_MODEL_REPO"] = "${OLD_REPO}"`, `os.environ["DEFAULT_MODEL_REPO"] = "${NEW_REPO}"`],
    [
      `X = {"DEFAULT_MODEL_FILE": "${OLD_FILE}", "b": 1}`,
      `X = {"DEFAULT_MODEL_FILE": "${NEW_FILE}", "b": 1}`,
    ],
    [`load(DEFAULT_MODEL_FILE='${OLD_FILE}')`, `load(DEFAULT_MODEL_FILE='${NEW_FILE}')`],
    [`assert model == b'${OLD_ID}'`, `assert model == b'${NEW_ID}'`],
    [`text = '''it's "${OLD_ID}".'''`, `text = '''it's "${NEW_ID}".'''`],
  ])("%s", (source, expected) => {
    expect(edited("config.py", source)).toBe(expected);
    expect(edited("config.py", expected)).toBe(expected);
  });

  it.each([
    `# DEFAULT_MODEL_REPO = "${OLD_REPO}"`,
    `"""Docstring of ${OLD_ID}."""\nx = 1`,
    `model = "${OLD_ID}-v2"`,
    `model = "my-${OLD_ID}"`,
    'DEFAULT_MODEL_REPO = "someone/Llama-3-GGUF"',
    "DEFAULT_CONTEXT_LENGTH = 8192",
    "if DEFAULT_CONTEXT_LENGTH == 2048: pass",
    'NAMES = ["DEFAULT_MODEL_REPO", "DEFAULT_MODEL_FILE"]',
    `config = {"model": "gpt-4", "base_url": "http://localhost:8000", "cache_seed": 41}`,
  ])("leaves alone: %s", (source) => {
    expect(edited("config.py", source)).toBe(source);
  });

  it("tells what it cannot do", () => {
    expect(notes("a.py", `m = f"${OLD_ID}-{n}"`)).toContain("f-string");
    expect(notes("a.py", `m = f"{root}/${OLD_ID}"`)).toContain("f-string");
    expect(notes("a.py", `DEFAULT_MODEL_REPO = "TheBloke/" "TinyLlama-1.1B"`)).toContain("joined-string");
    expect(notes("a.py", `DEFAULT_MODEL_REPO = "TheBloke/" + "TinyLlama-1.1B"`)).toContain("joined-string");
    expect(notes("a.py", "DEFAULT_CONTEXT_LENGTH = 2 * 1024")).toContain("computed-context");
    expect(notes("a.py", 'DEFAULT_MODEL_REPO = "someone/Llama-3-GGUF"')).toContain("other-model");
    expect(notes("a.py", 'DEFAULT_MODEL_REPO = "TheBloke/Mixtral-8x7B-Instruct-v0.1-GGUF"')).toContain(
      "old-mixtral",
    );
    expect(notes("a.py", 'llm = Llama(p, n_ctx=2048, chat_format="zephyr")')).toEqual([
      "context-2048",
      "zephyr-format",
    ]);
    expect(notes("a.py", `x = 1\ny = """${OLD_ID}`)).toEqual(["unclosed-string", "mention"]);
    expect(notes("a.py", `DEFAULT_MODEL_REPO = "${NEW_REPO}"`)).toEqual([]);
  });

  it("mends an endpoint in the dict or call that holds the id, and only there", () => {
    const source = `
config_list = [
    {"model": "${OLD_ID}", "base_url": "http://localhost:8000/", "api_key": ""},
    {"model": "gpt-4", "base_url": "http://localhost:9000", "api_key": ""},
]
client = OpenAIChatCompletionClient(model='${OLD_ID}', base_url='http://127.0.0.1:1/v1/chat/completions')
llm_config = {"config_list": [{"model": "${OLD_ID}"}], "cache_seed": 42}
other = {"config_list": config_list, "cache_seed": 42}
`;
    expect(edited("a.py", source)).toBe(`
config_list = [
    {"model": "${NEW_ID}", "base_url": "http://localhost:8000/v1", "api_key": "local"},
    {"model": "gpt-4", "base_url": "http://localhost:9000", "api_key": ""},
]
client = OpenAIChatCompletionClient(model='${NEW_ID}', base_url='http://127.0.0.1:1/v1')
llm_config = {"config_list": [{"model": "${NEW_ID}"}], "cache_seed": None}
other = {"config_list": config_list, "cache_seed": 42}
`);
    expect(notes("a.py", source)).toEqual(["no-api-key", "cache-seed"]);
  });
});

describe("JSON", () => {
  it("keeps comments, trailing commas, layout, BOM and line ends", () => {
    const source = `\ufeff[\r\n  // local\r\n  { "model" : "${OLD_ID}", /* it */ "base_url": 'http://localhost:8000',\r\n    "api_key": "", "cache_seed": 41, },\r\n]`;
    expect(edited("OAI_CONFIG_LIST", source)).toBe(
      `\ufeff[\r\n  // local\r\n  { "model" : "${NEW_ID}", /* it */ "base_url": 'http://localhost:8000/v1',\r\n    "api_key": "local", "cache_seed": null, },\r\n]`,
    );
    expect(notes("OAI_CONFIG_LIST", source)).toEqual(["json-comments"]);
  });

  it("finds settings by key, ids anywhere, also as keys", () => {
    const source = `{"default_model_repo":"${OLD_REPO}","DEFAULT_CONTEXT_LENGTH":"2048","routes":{"${OLD_ID}":[1e3,true]}}`;
    expect(edited("settings.json", source)).toBe(
      `{"default_model_repo":"${NEW_REPO}","DEFAULT_CONTEXT_LENGTH":"4096","routes":{"${NEW_ID}":[1e3,true]}}`,
    );
  });

  it("leaves other entries and unknown paths alone", () => {
    const source = `[{"model":"gpt-4","base_url":"https://api.openai.com","api_key":"","cache_seed":41}]`;
    expect(edited("x.json", source)).toBe(source);
    const proxy = `[{"model":"${NEW_ID}","base_url":"http://h/proxy/llm","api_key":"x"}]`;
    expect(edited("x.json", proxy)).toBe(proxy);
    expect(notes("x.json", proxy)).toEqual(["other-path"]);
  });

  it("tells what is no JSON, and survives what is deep or long", () => {
    expect(notes("x.json", `{"model": "${OLD_ID}"`)).toContain("unreadable-json");
    expect(notes("x.json", "[".repeat(100_000))).toEqual(["unreadable-json"]);
    const long = `{"a": "${"x".repeat(1_900_000)}", "model": "${OLD_ID}"}`;
    expect(edited("x.json", long)).toHaveLength(long.length + 2);
  });
});

describe("lines", () => {
  it("edits .env with its comments, quotes and a list in JSON", () => {
    const source = [
      `export DEFAULT_MODEL_REPO=${OLD_REPO} # why`,
      `DEFAULT_MODEL_PATH="./my models/${OLD_FILE}"`,
      "# DEFAULT_CONTEXT_LENGTH=2048",
      "DEFAULT_CONTEXT_LENGTH=2048",
      `MODEL=${OLD_ID}`,
      "OPENAI_BASE_URL=http://localhost:8000",
      "AZURE_BASE_URL=https://x.openai.azure.com",
      `OAI_CONFIG_LIST='[{"model": "${OLD_ID}", "api_key": ""}]'`,
    ];
    expect(edited(".env.local", source.join("\r\n")).split("\r\n")).toEqual([
      `export DEFAULT_MODEL_REPO=${NEW_REPO} # why`,
      `DEFAULT_MODEL_PATH="./my models/${NEW_FILE}"`,
      "# DEFAULT_CONTEXT_LENGTH=2048",
      "DEFAULT_CONTEXT_LENGTH=4096",
      `MODEL=${NEW_ID}`,
      "OPENAI_BASE_URL=http://localhost:8000/v1",
      "AZURE_BASE_URL=https://x.openai.azure.com",
      `OAI_CONFIG_LIST='[{"model": "${NEW_ID}", "api_key": "local"}]'`,
    ]);
  });

  it.each([
    [
      "c.yaml",
      `llm:\n  default-model-file: ${OLD_FILE} # c\n`,
      `llm:\n  default-model-file: ${NEW_FILE} # c\n`,
    ],
    [
      "compose.yml",
      `- DEFAULT_MODEL_REPO=\${DEFAULT_MODEL_REPO:-${OLD_REPO}}`,
      `- DEFAULT_MODEL_REPO=\${DEFAULT_MODEL_REPO:-${NEW_REPO}}`,
    ],
    ["c.yaml", "a: {default_context_length: 2048, b: 1}", "a: {default_context_length: 4096, b: 1}"],
    [
      "p.toml",
      `[tool.x]\ndefault_model_repo = '${OLD_REPO}'`,
      `[tool.x]\ndefault_model_repo = '${NEW_REPO}'`,
    ],
    ["s.ini", `; model = ${OLD_ID}\nmodel = ${OLD_ID}`, `; model = ${OLD_ID}\nmodel = ${NEW_ID}`],
  ])("%s: %s", (name, source, expected) => {
    expect(edited(name, source)).toBe(expected);
    expect(edited(name, expected)).toBe(expected);
  });

  it("takes no time for a long line", () => {
    for (const piece of ["a", " ", ";", "'", "a=", "DEFAULT_MODEL_REPO="]) {
      const source = piece.repeat(1_000_000 / piece.length);
      expect(edited("x.yaml", source).length, piece).toBe(source.length);
    }
  });

  it("takes no time for many edits and mentions", () => {
    const source = `a: ${OLD_ID}\nb: tinyllama\n`.repeat(40_000);
    const { edits, notes } = look("x.yaml", source);
    expect(edits).toHaveLength(40_000);
    expect(notes).toHaveLength(40_000);
    expect(unifiedDiff("x.yaml", source, edits)).toHaveLength(2 + 1 + 3 * 40_000);
  });
});

describe("notebooks", () => {
  it("edits code inside of its JSON strings and leaves outputs", () => {
    const source = `{"cells":[
 {"cell_type":"code","source":["DEFAULT_MODEL_FILE = \\"${OLD_FILE}\\"\\n","call(model=\\"${OLD_ID}\\", base_url='http://h:1', api_key=\\"\\")"],
  "outputs":[{"text":["${OLD_ID}\\n"]}]},
 {"cell_type":"markdown","source":["${OLD_ID}"]}]}`;
    const result = edited("n.ipynb", source);
    expect(result).toBe(`{"cells":[
 {"cell_type":"code","source":["DEFAULT_MODEL_FILE = \\"${NEW_FILE}\\"\\n","call(model=\\"${NEW_ID}\\", base_url='http://h:1/v1', api_key=\\"local\\")"],
  "outputs":[{"text":["${OLD_ID}\\n"]}]},
 {"cell_type":"markdown","source":["${OLD_ID}"]}]}`);
    expect(JSON.parse(result).cells).toHaveLength(2);
    expect(edited("n.ipynb", result)).toBe(result);
    expect(notes("n.ipynb", source)).toEqual(["mention"]);
  });
});
