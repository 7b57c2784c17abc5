"""Wrong declarations: each is refused with its name, the reason, the remedy, and the line that is wrong."""

import pytest

from .declaring import HEAD, line_of, load, refused


def cases(named):
    """Parameters with what each case is called."""
    return {"argvalues": [each[1:] for each in named], "ids": [each[0] for each in named]}


WRONG_FIELDS = [
    ("a marker that is not called", "tier: Annotated[int, Filter]", "Filter is not called", "Filter("),
    ("a marker that stands twice", "tier: Annotated[int, Filter(), Filter()]", "stands twice", "Keep one"),
    ("a stranger among the markers", 'tier: Annotated[int, "fast"]', "is no marker", "msgspec.Meta"),
    ("a marker inside the type", "tiers: list[Annotated[int, Filter()]]", "stands inside the type", "outermost"),
    ("a marker inside an optional", "tier: Annotated[int, Sort()] | None", "stands inside the type", "outermost"),
    ("an unknown type", "size: complex", "complex has no form", "Use int"),
    ("a byte array", "image: bytearray", "bytearray has no form", "Use int"),
    ("a tuple", "pair: tuple[int, int]", "has no form", "list[...]"),
    ("a set", "tags: set[str]", "has no form", "list[...]"),
    ("a bare list", "tags: list", "does not say what it holds", "list[int]"),
    ("a bare dict", "stats: dict", "does not say what it holds", "dict[str, int]"),
    ("a dict with integer names", "stats: dict[int, str]", "are text on the wire", "dict[str, ...]"),
    ("a union of two types", "tier: int | str", "a union of several types", "| None"),
    ("only None", "tier: None", "NoneType has no form", "Use int"),
    ("a Literal of mixed types", 'tier: Literal[1, "one"]', "not all texts or all integers", "one type"),
    ("a Literal of truths", "tier: Literal[True, False]", "not all texts or all integers", "one type"),
    ("a Literal beyond 64 bits", "tier: Literal[36893488147419103232]", "do not fit 64 bits", "texts"),
    ("an Enum without members", "nation: Empty", "Empty has no members", "at least one"),
    ("an Enum of mixed types", "nation: Mixed", "not all texts or all integers", "one type"),
    ("a set of flags", "flags: Flags", "Flags is a set of flags", "list of an Enum"),
    ("a type that nobody knows", 'crew: "Driver"', "`Driver` is not defined", "Import it"),
    ("an annotation that is no Python", 'crew: "list["', "is no type", "Annotate with types"),
    ("a constraint of another type", "name2: Annotated[str, msgspec.Meta(ge=1)]", "cannot be read", "msgspec.Meta"),
    ("two bounds at odds", "tier: Annotated[int, msgspec.Meta(ge=1), msgspec.Meta(gt=0)]", "cannot be read", "msgspec.Meta"),
    ("a default of another type", 'tier: int = "one"', "default 'one' does not fit: expected integer", "Change"),
    ("a null that the type does not take", "tier: int = None", "default None does not fit", "Change"),
    ("a default outside its constraint", "tier: Annotated[int, msgspec.Meta(le=10)] = 11", "at most 10", "Change"),
    ("a default that no JSON holds", 'weight: float = float("nan")', "default nan does not fit", "Change"),
    ("a default time without a zone", "seen: datetime = datetime(2024, 1, 1)", "with a zone", "Change"),
    ("a second key", "tier: Annotated[int, Key()]", "exactly one key, not 2", "Mark one field"),
    ("a filter on a record", "crew: Annotated[Crew, Filter()]", "only simple values", "Remove Filter()"),
    ("a filter on records", "crew: Annotated[list[Crew], Filter()]", "only simple values", "Remove Filter()"),
    ("a filter on free JSON", "notes: Annotated[Any, Filter()]", "only simple values", "Remove Filter()"),
    ("an order by a list", "tags: Annotated[list[str], Sort()]", "can be sorted", "Remove Sort()"),
    ("a search in numbers", "tier: Annotated[int, Search()]", "only text can be searched", "str or Localized"),
    ("a search from no letter on", "name2: Annotated[str, Search(at_least=0)]", "at least one character", "Search(at_least=3)"),
    ("a search from a text on", 'name2: Annotated[str, Search("3")]', "at least one character", "Search(at_least=3)"),
    ("a filter on what is hidden", 'gold: Annotated[int, Needs("account"), Filter()]', "would tell what", "Remove Filter()"),
    ("a permission that is not declared", 'gold: Annotated[int, Needs("wallet")]', "'wallet' is not declared", "permissions={"),
    ("a permission that is no text", "gold: Annotated[int, Needs(5)]", "5 is no permission", 'Needs("account")'),
    ("a reference to an unpublished record", "crew: Annotated[int, Refers(Crew)]", "Crew, which is not published", "Publish"),
    ("a reference to an unknown path", 'crew: Annotated[int, Refers("x/crew")]', "'x/crew', which is not", "name its path"),
    ("a reference to a number", "crew: Annotated[int, Refers(5)]", "5 is no record", "Refers(Module)"),
    ("a reference of another type", "module: Annotated[str, Refers(Module)]", "is text, but the key of data/modules is integer",
     "the same type"),
    ("a reference that is a record", "module: Annotated[Crew, Refers(Module)]", "a key or a list of keys", "Make it int"),
    ("a name that is none", 'tier: Annotated[int, Filter(), Named(gw2="a b")]', "no name of a parameter", "Named(gw2="),
    ("a field that hides", "_tier: int", "begins with a letter", "Rename"),
    ("a field called otherwise", 'tier: int = msgspec.field(name="level", default=1)', "called 'level' elsewhere", "Name"),
    ("a value without a type", "tier = 5", "a value, but no type", "`tier: int`"),
    ("a default that is shared", "tags: list[str] = ['a']", "mutable", "Change"),
]
WORLD = """
class Empty(enum.Enum): pass
class Mixed(enum.Enum):
    A = 1
    B = "b"
class Flags(enum.Flag):
    A = 1
class Crew(Record):
    role: str
@catalog.resource("modules", Table("modules"))
class Module(Record):
    module_id: Annotated[int, Key()]
@catalog.resource("vehicles", Table("vehicles"))
class Vehicle(Record):
    tank_id: Annotated[int, Key()]
    {field}
"""


@pytest.mark.parametrize(("field", "reason", "remedy"), **cases(WRONG_FIELDS))
def test_a_wrong_field_is_refused(tmp_path, field, reason, remedy):
    error = refused(tmp_path, WORLD.replace("{field}", field))
    assert reason in str(error)
    assert remedy in error.remedy
    assert "Vehicle" in error.name or "vehicles" in error.name
    assert str(tmp_path) in error.place
    assert str(error).startswith(error.place)


@pytest.mark.parametrize("field", [
    "tier: Annotated[int, Filter]", "size: complex", 'gold: Annotated[int, Needs("wallet")]', 'tier: int = "one"',
    "module: Annotated[str, Refers(Module)]", 'tier: int = msgspec.field(name="level", default=1)',
])
def test_the_line_of_a_wrong_field_is_named(tmp_path, field):
    assert line_of(refused(tmp_path, WORLD.replace("{field}", field))) == field


WRONG_KEYS = [
    ("no key", "tier: int", "exactly one key, not 0", "Mark one field"),
    ("an optional key", "id: Annotated[int | None, Key()]", "never null", "Change its type"),
    ("a key with a default", "id: Annotated[int, Key()] = 1", "has no default", "Remove the default"),
    ("a localized key", "id: Annotated[Localized, Key()]", "a key is an integer", "Change its type"),
    ("a key of floats", "id: Annotated[float, Key()]", "a key is an integer", "Change its type"),
    ("a key of lists", "id: Annotated[list[int], Key()]", "a key is an integer", "Change its type"),
    ("a hidden key", 'id: Annotated[int, Key(), Needs("account")]', "always shown", "Remove Extra() or Needs()"),
    ("an extra key", "id: Annotated[int, Key(), Extra()]", "always shown", "Remove Extra() or Needs()"),
]


@pytest.mark.parametrize(("field", "reason", "remedy"), **cases(WRONG_KEYS))
def test_a_wrong_key_is_refused(tmp_path, field, reason, remedy):
    error = refused(tmp_path, f"""
        @catalog.resource("tanks", Table("tanks"))
        class Tank(Record):
            {field}
        """)
    assert reason in error.reason
    assert remedy in error.remedy
    assert "Tank" in error.name
    assert str(tmp_path) in error.place


TANK = "class Tank(Record):\n    id: Annotated[int, Key()]\n    owner: str\n    wallets: list[int]\n"
WRONG_RESOURCES = [
    ("a path in capitals", '@catalog.resource("Tanks", Table("t"))\n' + TANK, "'Tanks' is not", "beginning with a letter"),
    ("a path of three parts", '@catalog.resource("a/b/c", Table("t"))\n' + TANK, "'a/b/c' is not", "beginning with a letter"),
    ("a path that climbs", '@catalog.resource("../a", Table("t"))\n' + TANK, "'../a' is not", "beginning with a letter"),
    ("no path", "@catalog.resource(5, Table('t'))\n" + TANK, "no path", "@catalog.resource("),
    ("an origin that is a text", '@catalog.resource("tanks", "tanks")\n' + TANK, "'tanks' is no origin", 'Table("...")'),
    ("rows that are called already", '@catalog.resource("tanks", Rows(list()))\n' + TANK, "cannot be called", "without calling"),
    ("an owner that is no field", '@catalog.resource("tanks", Table("t"), owner="x", live=True)\n' + TANK, "'x' is no field",
     "Name the field"),
    ("an owner that is a list", '@catalog.resource("tanks", Table("t"), owner="wallets", live=True)\n' + TANK,
     "no single value", "Name a field"),
    ("an owner of what is published", '@catalog.resource("tanks", Table("t"), owner="owner")\n' + TANK, "at request time",
     "live=True"),
    ("an owner that is a time", '@catalog.resource("tanks", Table("t"), owner="at", live=True)\n' + TANK + "    at: datetime\n",
     "no single value", "Name a field"),
    ("an owner with a default", '@catalog.resource("tanks", Table("t"), owner="by", live=True)\n' + TANK + '    by: str = "me"\n',
     "has a default", "make it None"),
    ("an owner of what everybody sees", '@catalog.resource("tanks", Table("t"), owner="owner", live=True)\n' + TANK,
     "hide nothing", 'permission="..."'),
    ("single, but published", '@catalog.resource("tanks", Table("t"), single=True)\n' + TANK, "for its caller", "live=True"),
    ("a hidden field of what is published", '@catalog.resource("tanks", Table("t"))\n' + TANK
     + '    gold: Annotated[int, Needs("account")]\n', "the same for all", "live=True"),
    ("a hidden field inside what is published", 'class Purse(Record):\n    gold: Annotated[int, Needs("account")]\n\n'
     '@catalog.resource("tanks", Table("t"))\n' + TANK + "    purses: list[Purse]\n", "the same for all", "live=True"),
    ("a permission that is not declared", '@catalog.resource("tanks", Table("t"), permission="gold")\n' + TANK,
     "'gold' is not declared", "permissions={"),
    ("a class that is no record", '@catalog.resource("tanks", Table("t"))\nclass Tank:\n    id: int\n', "is no record class",
     "derived from Record"),
    ("a record without fields", '@catalog.resource("tanks", Table("t"))\nclass Tank(Record):\n    pass\n', "without fields",
     "Declare fields"),
    ("a record that holds itself", '@catalog.resource("tanks", Table("t"))\n' + TANK + '    parts: list["Tank"]\n',
     "holds itself", "Refers()"),
    ("a record that is renamed at once", 'class Tank(Record, rename="camel"):\n    id: int\n', "no option 'rename'",
     "class Tank(Record)"),
    ("two resources of one class", '@catalog.resource("b", Table("t"))\n@catalog.resource("a", Table("t"))\n' + TANK,
     "Tank is published as data/a already", "Derive another class"),
    ("a path that is taken", '@catalog.resource("a", Table("t"))\n' + TANK
     + '@catalog.method("a")\ndef call() -> int: ...\n', "the path is taken at ", "another path"),
    ("a filter that has no effect", "class Crew(Record):\n    role: Annotated[str, Filter()]\n"
     '@catalog.resource("tanks", Table("t"))\n' + TANK + "    crew: list[Crew]\n", "Filter() has no effect", "Remove it"),
    ("nothing at all", "pass\n", "it publishes nothing", "Declare a resource"),
]


@pytest.mark.parametrize(("text", "reason", "remedy"), **cases(WRONG_RESOURCES))
def test_a_wrong_resource_is_refused(tmp_path, text, reason, remedy):
    error = refused(tmp_path, text)
    assert reason in error.reason
    assert remedy in error.remedy
    assert error.name
    assert str(tmp_path) in error.place


WRONG_METHODS = [
    ("no result", "def call(a: int): ...", "what it returns is not said", "-> bool"),
    ("a parameter without a type", "def call(a) -> int: ...", "'a' has no type", "`a: int`"),
    ("any number of arguments", "def call(*a: int) -> int: ...", "no single name and type", "Write each parameter out"),
    ("any names of arguments", "def call(**a: int) -> int: ...", "no single name and type", "Write each parameter out"),
    ("positional parameters", "def call(a: int, /) -> int: ...", "no single name and type", "Write each parameter out"),
    ("a marker for fields", "def call(a: Annotated[int, Filter()]) -> int: ...", "a marker for fields", "Only Named()"),
    ("a reference as a parameter", 'def call(a: Annotated[int, Refers("x")]) -> int: ...', "a marker for fields", "Only Named()"),
    ("a localized parameter", "def call(a: Localized) -> int: ...", "a text in one language", "Make it str"),
    ("a parameter of an unknown type", "def call(a: bytearray) -> int: ...", "bytearray has no form", "Use int"),
    ("a default of another type", 'def call(a: int = "x") -> int: ...', "default 'x' does not fit", "Change"),
    ("a default shared by all calls", "def call(a: list[int] = []) -> int: ...", "mutable", "= None"),
    ("a caller that may be none", "def call(caller: Caller | None) -> int: ...", "the server gives", "Caller"),
    ("a result of an unknown type", "def call() -> set: ...", "the result: set has no form", "Use int"),
    ("a result that is yielded", "def call() -> Iterator[int]: ...", "only a long operation yields", "operation=True"),
    ("a type that nobody knows", 'def call(a: "Driver") -> int: ...', "`Driver` is not defined", "Import it"),
    ("a class", "class call:\n    pass", "is no function", "Decorate a `def`"),
]


@pytest.mark.parametrize(("text", "reason", "remedy"), **cases(WRONG_METHODS))
def test_a_wrong_method_is_refused(tmp_path, text, reason, remedy):
    error = refused(tmp_path, f'@catalog.method("letters/call")\n{text}\n')
    assert reason in error.reason
    assert remedy in error.remedy
    assert "call" in error.name
    assert str(tmp_path) in error.place


def test_a_parameter_that_nothing_could_be_converted_to_is_refused(tmp_path):
    error = refused(tmp_path, """
        class Part(Record):
            level: Annotated[int | None, msgspec.Meta(ge=1)]

        @catalog.method("letters/call")
        def call(part: Part) -> int: ...
    """)
    assert (error.name, error.reason[:28]) == ("call.part", "its type cannot be read: Can")
    assert "Annotated[int, msgspec.Meta(ge=1)] | None" in error.remedy


@pytest.mark.parametrize(("arguments", "reason", "remedy"), [
    ('"a", verb="PATCH"', "'PATCH' is none of GET", "Use one of these"),
    ('"a", timeout_s=0', "more than 0 seconds", "Raise timeout_s"),
    ('"a", timeout_s=float("nan")', "more than 0 seconds", "Raise timeout_s"),
    ('"a", permission="gold"', "'gold' is not declared", "permissions={"),
    ('"A B"', "'A B' is not", "beginning with a letter"),
])
def test_wrong_arguments_of_a_method_are_refused(tmp_path, arguments, reason, remedy):
    error = refused(tmp_path, f"@catalog.method({arguments})\ndef call() -> int: ...\n")
    assert reason in error.reason
    assert remedy in error.remedy
    assert str(tmp_path) in error.place


RULED = """
from dragoman import Caller, MethodError, Transaction

class Silent(MethodError):
    status = 409

class Odd(MethodError):
    '''It is odd.'''
    status = 200

def mute(caller: Caller) -> bool: ...

def vague(caller: Caller):
    '''The owner.'''

def other(clan: str) -> bool:
    '''The owner.'''

async def later(clan: int) -> bool:
    '''The owner.'''

def blocked(database: Transaction) -> bool:
    '''The owner.'''
"""


@pytest.mark.parametrize(("arguments", "text", "reason", "remedy"), [
    ("raises=[ValueError]", "def call() -> int: ...", "ValueError", "Derive a class from MethodError"),
    ("raises=[MethodError]", "def call() -> int: ...", "MethodError", "Derive a class from MethodError"),
    ("raises=[Silent]", "def call() -> int: ...", "Silent does not say what is wrong", "docstring"),
    ("raises=Odd", "def call() -> int: ...", "the status 200 of Odd", "400 to 599"),
    ("allows=True", "def call() -> int: ...", "`allows` is True", "returns a bool"),
    ("allows=mute", "def call() -> int: ...", "mute does not say whom", "docstring"),
    ("allows=vague", "def call() -> int: ...", "vague does not return a bool", "-> bool"),
    ("allows=other", "def call(clan: int) -> int: ...", "other asks for 'clan'", "same name and type"),
    ("allows=other", "def call() -> int: ...", "other asks for 'clan'", "same name and type"),
    ("allows=later", "def call(clan: int) -> int: ...", "not both `async`", "Make them alike"),
    ("", "async def call(database: Transaction) -> int: ...", "hold up everybody", "`def` instead"),
    ("operation=True, secret=True", "def call() -> int: ...", "kept until it is asked for", "Remove secret=True"),
    ("operation=True", "def call(database: Transaction) -> int: ...", "as long as the operation runs", "Open transactions"),
    ("", "def call(database: Transaction | None) -> int: ...", "never null", "no more than the type"),
])
def test_a_wrong_rule_error_or_transaction_of_a_method_is_refused(tmp_path, arguments, text, reason, remedy):
    more = f", {arguments}" if arguments else ""
    error = refused(tmp_path, f'{RULED}\n\n@catalog.method("letters/call"{more})\n{text}\n')
    assert reason in error.reason
    assert remedy in error.remedy
    assert str(tmp_path) in error.place


def test_a_result_that_would_show_what_is_its_owners_is_refused(tmp_path):
    error = refused(tmp_path, """
@catalog.resource("players", Table("players"), owner="id", live=True)
class Player(Record):
    id: Annotated[int, Key()]
    wallet: Annotated[int | None, Needs("account")] = None

@catalog.method("letters/call")
def call() -> list[Player]: ...
""")
    assert "shows to its owner alone" in error.reason
    assert "class of its own" in error.remedy


@pytest.mark.parametrize("declared", [
    '@catalog.method("a")\ndef call(database: Transaction) -> int: ...',
    '@catalog.method("a", allows=blocked)\ndef call() -> int: ...',
])
def test_a_transaction_of_no_database_is_refused(tmp_path, declared):
    error = refused(tmp_path, f'{RULED}\n\ncatalog = Catalog("bare")\n\n{declared}\n')
    assert "no database is named" in error.reason
    assert 'database="sqlite' in error.remedy


def test_a_decorator_without_a_path_does_not_swallow_the_function(tmp_path):
    error = refused(tmp_path, "@catalog.method\ndef call() -> int: ...\n")
    assert "no path" in error.reason
    assert '@catalog.method("group/name")' in error.remedy


@pytest.mark.parametrize(("arguments", "reason", "remedy"), [
    ('"Armory!"', "stands in addresses", "lower-case"),
    ('"a", languages=()', "no language", "languages=("),
    ('"a", languages=("en", "EN")', "stands twice", "once"),
    ('"a", formats="xml"', "one text", 'formats=("xml",)'),
    ('"a", formats=("xml", "json")', "xml, json are not some of xml, csv", "JSON is there always"),
    ('"a", formats=("csv", "csv")', "each once", "JSON is there always"),
    ('"a", formats=(5, ["xml"])', "not some of", "JSON is there always"),
    ('"a", languages="en"', "one text", 'languages=("en",)'),
    ('"a", languages=("english!",)', "no language tag", "`en`"),
    ('"a", permissions=["account"]', "names with what they allow", "permissions={"),
    ('"a", permissions={"my wallet": "x"}', "stands in keys", "letters"),
    ('"a", clusters="eu"', "one text", 'clusters=("eu",)'),
    ('"a", clusters=("eu", "eu")', "stands twice", "once"),
    ('"a", clusters=("E U",)', "stands in directories", "letters"),
    ('"a", clusters=("eu", "na"), database={"eu": "sqlite:///a.db"}', "not the same", "one database for each cluster"),
    ('"a", database=5', "no URL", "sqlite:///"),
    ('"a", database={}', "no URL", "sqlite:///"),
])
def test_a_wrong_head_of_a_catalog_is_refused_with_its_line(tmp_path, arguments, reason, remedy):
    error = refused(tmp_path, f"catalog = Catalog({arguments})\n")
    assert reason in error.reason
    assert remedy in error.remedy
    assert line_of(error).startswith("catalog = Catalog(")


def test_a_table_needs_a_database(tmp_path):
    error = refused(tmp_path, """
        catalog = Catalog("a")
        @catalog.resource("tanks", Table("tanks"))
        class Tank(Record):
            id: Annotated[int, Key()]
        """)
    assert "no database" in error.reason
    assert "database=" in error.remedy
    assert line_of(error) == '@catalog.resource("tanks", Table("tanks"))'


def test_nothing_is_declared_after_the_catalog_was_loaded(tmp_path):
    catalog = load(tmp_path, WORLD.replace("{field}", "tier: int"))
    error = refused(tmp_path, f"""
        import sys
        catalog = next(m for m in sys.modules.values() if getattr(m, "__file__", None) == {str(catalog.file)!r}).catalog
        @catalog.method("late")
        def late() -> int: ...
        """)
    assert "loaded already" in error.reason
    assert "while the module is imported" in error.remedy


@pytest.mark.parametrize(("text", "told"), [
    ("1 / 0\n", ["ZeroDivisionError", "line 10"]), ("def broken(:\n", ["SyntaxError", "line 10"]),
    ("raise SystemExit(0)\n", ["SystemExit", "line 10"]),
    ("import nosuchmodule\n", ["ModuleNotFoundError", "nosuchmodule", "line 10"]), ("del catalog\n", ["declares no catalog"]),
])
def test_a_file_that_cannot_be_imported_says_on_which_line(tmp_path, text, told):
    error = refused(tmp_path, text)
    assert [each for each in told if each not in str(error)] == []
    assert error.remedy


def test_everything_that_the_vocabulary_offers_can_be_declared(tmp_path):
    catalog = load(tmp_path, """
        UserId = NewType("UserId", int)
        class Nation(enum.StrEnum):
            USSR = "ussr"
        class Wallet(Record):
            gold: int = 0
        @catalog.resource("encyclopedia/modules", File("modules.csv"))
        class Module(Record):
            \"\"\"A part that can be mounted.\"\"\"
            module_id: Annotated[UserId, Key()]
            name: Localized
        @catalog.resource("vehicles", Table("vehicles"), expand_all=False)
        class Vehicle(Record):
            tank_id: Annotated[str, Key(), msgspec.Meta(min_length=1)]
            name: Annotated[Localized | None, Search(at_least=2), Sort(), Filter()] = None
            nation: Annotated[Nation | None, Filter(first=True)] = None
            tier: Annotated[Literal[1, 2], Filter(), Sort()] = 1
            price: Annotated[Decimal, Sort()] = Decimal("1.50")
            modules: Annotated[list[int], Extra(), Refers(Module), Filter()] = []
            guns: Annotated[list[int] | None, Refers("encyclopedia/modules")] = None
            stats: dict[str, list[float]] = {}
            wallets: list[Wallet] = []
            notes: Any = None
            built: date = date(2024, 1, 1)
            seen: datetime | None = None
        @catalog.resource("mine", Rows(list), owner="subject", live=True, single=True, permission="account")
        class Mine(Record):
            subject: Annotated[str, Key()]
        class Purse(Record):
            gold: Annotated[int, Needs("account")] = 0
        @catalog.resource("players", Rows(list), owner="player_id", live=True)
        class Player(Record):
            player_id: Annotated[int, Key()]
            purse: Purse | None = None
        @catalog.resource("me", Rows(list), live=True, single=True)
        class Me(Record):
            subject: Annotated[UserId, Key()]
        @catalog.method("letters/report", operation=True, verb="POST", permission="account")
        async def report(caller: Caller, progress: Progress, since: date, lang: Annotated[str, Named(gw2="choice")] = "en",
                         tags: list[str] | None = None) -> Iterator[Wallet]:
            \"\"\"A report.\"\"\"
            yield Wallet()
        """)
    assert list(catalog.resources) == ["encyclopedia/modules", "data/vehicles", "data/mine", "data/players", "data/me"]
    facts = {path: (each.owner, each.authenticated, each.private, each.needs) for path, each in catalog.resources.items()}
    assert facts == {
        "encyclopedia/modules": (None, False, False, set()), "data/vehicles": (None, False, False, set()),
        "data/mine": ("subject", True, True, set()), "data/players": ("player_id", False, False, {"account"}),
        "data/me": ("subject", True, True, set()),
    }
    assert catalog.resources["encyclopedia/modules"].description == "A part that can be mounted."
    assert catalog.resources["data/vehicles"].localized
    method = catalog.methods["letters/report"]
    assert [parameter.name for parameter in method.parameters] == ["since", "lang", "tags"]
    assert list(method.injected) == ["caller", "progress"]


def test_a_class_derived_from_another_can_be_published_beside_it(tmp_path):
    catalog = load(tmp_path, '@catalog.resource("a", Table("t"))\n' + TANK + '@catalog.resource("b", Table("t"))\n'
                   "class Other(Tank):\n    more: int = 0\n")
    assert [field.name for field in catalog.resources["data/b"].fields] == ["id", "owner", "wallets", "more"]


def test_a_wrong_field_of_a_derived_class_is_found_where_it_was_written(tmp_path):
    error = refused(tmp_path, "class Base(Record):\n    size: complex\n\n"
                    '@catalog.resource("b", Table("t"))\nclass Other(Base):\n    id: Annotated[int, Key()]\n')
    assert line_of(error) == "size: complex"


def test_declarations_are_read_with_postponed_annotations_as_well(tmp_path):
    catalog = load(tmp_path, '@catalog.resource("a", Table("t"))\n' + TANK, "from __future__ import annotations\n" + HEAD)
    assert catalog.resources["data/a"].key.name == "id"
