import ast
import os
import unittest

from support import SOURCE, Case

# Each room with those that it may know. The ground is known by all; what is beside the rooms puts them together.
ROOMS = {"_record": [], "_send": ["_record"], "_work": ["_record", "_send"]}
GROUND = {"_limits", "_version"}
PACKAGE = os.path.join(SOURCE, "neurallog")


class Rooms(Case):
    def test_a_room_knows_only_the_rooms_that_it_is_built_on(self):
        found = []
        for room, known in ROOMS.items():
            for name in sorted(os.listdir(os.path.join(PACKAGE, room))):
                if not name.endswith(".py"):
                    continue
                for target in imports(os.path.join(PACKAGE, room, name)):
                    if target not in (room, *known, *GROUND):
                        found.append(f"{room}/{name} imports {target}")
        self.assertEqual(found, [])

    def test_the_ground_knows_nobody(self):
        for name in GROUND:
            self.assertEqual(imports(os.path.join(PACKAGE, f"{name}.py")), [])


def imports(path):
    """The rooms and files of the package that a file imports."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            is_room = os.path.dirname(path) != PACKAGE
            own = os.path.basename(os.path.dirname(path))
            found.append((node.module or "").split(".")[0] if node.level == 2 or not is_room else own)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            found += [name for name in names if name.split(".")[0] == "neurallog"]
    return found


if __name__ == "__main__":
    unittest.main()
