#!/usr/bin/env python3
"""Builds files into a program: writes an assembly file with their bytes, plain and compressed, and a table of them in C++.

    embed.py OUT.S OUT.cc FILE...
"""

import gzip
import hashlib
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
}
TAG_DIGITS = 16


def put(assembly, symbol, path):
    assembly.write(f'.global {symbol}, {symbol}_end\n{symbol}:\n.incbin "{path}"\n{symbol}_end:\n')


def main():
    assembly_path, table_path, *files = map(pathlib.Path, sys.argv[1:])
    entries, symbols = [], []
    with open(assembly_path, "w", encoding="utf-8") as assembly:
        assembly.write('.section .note.GNU-stack,"",@progbits\n.section .rodata\n')
        for number, path in enumerate(sorted(files, key=lambda file: file.name)):
            content = path.read_bytes()
            packed = assembly_path.parent / f"{path.name}.gz"
            packed.write_bytes(gzip.compress(content, 9, mtime=0))
            put(assembly, f"web_{number}", path.resolve())
            put(assembly, f"web_{number}_gz", packed.resolve())
            symbols += [f"web_{number}", f"web_{number}_gz"]
            tag = hashlib.sha256(content).hexdigest()[:TAG_DIGITS]
            entries.append(f'      {{"{path.name}", "{TYPES[path.suffix]}", "{tag}", Bytes(web_{number}, web_{number}_end),\n'
                           f"       Bytes(web_{number}_gz, web_{number}_gz_end)}},\n")
    declared = "".join(f"extern const char {symbol}[];\nextern const char {symbol}_end[];\n" for symbol in symbols)
    table_path.write_text(f"""#include "gateway/web_files.h"

extern "C" {{
{declared}}}

namespace readcount::gateway {{
namespace {{

absl::string_view Bytes(const char* begin, const char* end) {{
  return {{begin, static_cast<size_t>(end - begin)}};
}}

}}  // namespace

absl::Span<const WebFile> WebFiles() {{
  static const WebFile files[] = {{
{"".join(entries)}  }};
  return files;
}}

}}  // namespace readcount::gateway
""", encoding="utf-8")


if __name__ == "__main__":
    main()
