"""Dependencies stay pinned, hashed and without download addresses."""

from tools.check_pins import lock_findings, package_findings, requirement_findings

HASH = "--hash=sha256:" + "a" * 64


def test_a_pinned_and_hashed_requirement_is_fine():
    text = (
        f"# comment\ndjango==5.2.1 \\\n    {HASH}\n    # via -r base.in\n"
        f'uvloop==0.2 ; sys_platform != "win32" \\\n    {HASH}\n'
    )
    assert list(requirement_findings("base.txt", text)) == []


def test_a_missing_hash_a_range_an_address_and_an_index_are_found():
    found = list(
        requirement_findings(
            "base.txt",
            f"a==1\nb>=2 {HASH}\nc @ https://example.org/c.whl {HASH}\n--index-url https://example.org\n",
        )
    )
    assert found == [
        "base.txt: an address instead of a package name",
        "base.txt: not pinned with a hash: a==1",
        "base.txt: not pinned with a hash: b>=2",
        "base.txt: not pinned with a hash: c @ https://example.org/c.whl",
        "base.txt: an option: --index-url https://example.org",
    ]


def test_npm_packages_need_a_hash_and_no_address():
    lock: dict[str, dict[str, dict[str, object]]] = {
        "packages": {
            "": {},
            "node_modules/good": {"integrity": "sha512-x"},
            "node_modules/bad": {"resolved": "https://example.org/bad.tgz"},
        }
    }
    assert list(lock_findings(lock)) == [
        "package-lock.json: node_modules/bad records a download address",
        "package-lock.json: node_modules/bad has no hash",
    ]


def test_npm_packages_are_asked_for_by_version():
    package = {"dependencies": {"a": "1.2.3", "b": "^1.2.3"}, "devDependencies": {"c": "latest"}}
    assert list(package_findings(package)) == [
        "package.json: b is not pinned: ^1.2.3",
        "package.json: c is not pinned: latest",
    ]
