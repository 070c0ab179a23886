"""Text as banks send it: with or without a byte order mark, in UTF-8 or Latin-1."""


def decode(data):
    for encoding in ("utf-8-sig", "latin-1"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 has a character for every byte")
