# Nested conditional expressions and long constructors in C#. Reads code alone: comments and texts are taken out first, also those of
# several lines. It knows the house's layout: a conditional's `?` stands between spaces or first on its line, `Type?` never does.

FNR == 1 { raw = comment = depth = params = 0; split("", open) }

{ code = stripped($0) }
{ conditionals(code) }
{ constructors(code) }

# A line without its comments, texts and characters.
function stripped(line,    out, rest, at, end, mark) {
    out = ""
    rest = line
    for (;;) {
        if (raw) {
            at = index(rest, "\"\"\"")
            if (at == 0) return out
            rest = substr(rest, at + 3)
            raw = 0
            continue
        }
        if (comment) {
            at = index(rest, "*/")
            if (at == 0) return out
            rest = substr(rest, at + 2)
            comment = 0
            continue
        }
        if (!match(rest, /["'\/]/)) return out rest
        out = out substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART)
        if (substr(rest, 1, 2) == "//") return out
        if (substr(rest, 1, 2) == "/*") { comment = 1; rest = substr(rest, 3); continue }
        if (substr(rest, 1, 3) == "\"\"\"") { raw = 1; rest = substr(rest, 4); out = out "T"; continue }
        mark = substr(rest, 1, 1)
        if (mark == "/") { out = out mark; rest = substr(rest, 2); continue }
        rest = substr(rest, 1 + literal(rest, mark, out))
        out = out "T"
    }
}

# The length of the text or character that begins here, with what is interpolated.
function literal(rest, mark, before,    i, c, verbatim, holes, hole) {
    verbatim = before ~ /(@|@\$|\$@)$/
    holes = before ~ /(\$|\$@|@\$)$/
    hole = 0
    for (i = 2; i <= length(rest); i++) {
        c = substr(rest, i, 1)
        if (hole > 0) {
            if (c == "{") hole++
            else if (c == "}") hole--
            else if (c == "\"") i += literal(substr(rest, i), "\"", substr(rest, i - 1, 1)) - 1
            else if (c == "'") i += literal(substr(rest, i), "'", "") - 1
        } else if (c == "\\" && !verbatim) i++
        else if (c == mark && verbatim && substr(rest, i + 1, 1) == mark) i++
        else if (c == mark) return i
        else if (holes && c == "{" && substr(rest, i + 1, 1) == "{") i++
        else if (holes && c == "{") hole = 1
    }
    return length(rest)
}

function conditionals(code,    rest, c, before, after, i) {
    rest = " " code " "
    while (match(rest, /[?;,(){}\[\]]/)) {
        c = substr(rest, RSTART, 1)
        before = substr(rest, RSTART - 1, 1)
        after = substr(rest, RSTART + 1, 1)
        rest = substr(rest, RSTART + 1)
        if (c == "?") {
            if (before != " " || after != " ") { if (after == "?") rest = substr(rest, 2); rest = "." rest; continue }
            for (i = 0; i <= depth; i++) if (open[i]) { print FILENAME ":" FNR "\tnested\tconditional expression"; break }
            open[depth] = 1
        } else if (c ~ /[({\[]/) open[++depth] = 0
        else {
            open[depth] = 0
            if (c ~ /[)}\]]/ && depth > 0) depth--
        }
        # The character before the next one is of this line, whatever it was.
        rest = c rest
        rest = substr(rest, 2)
        if (rest !~ /^[ ]/) rest = "." rest
    }
}

function constructors(code,    text) {
    if (params == 0) {
        if (match(code, /(class|struct) [A-Za-z0-9_]+/) && code !~ /record /) {
            kind = substr(code, RSTART, RLENGTH)
            sub(/^[a-z]+ /, "", kind)
            text = substr(code, RSTART + RLENGTH)
            sub(/^<[^(]*>/, "", text)
            if (text ~ /^\(/) begin(text)
        } else if (kind != "" && match(code, "^ *(public|internal|private|protected|private protected) " kind "\\("))
            begin(substr(code, RLENGTH))
    } else take(code)
}

function begin(text) { params = 1; level = angle = 0; place = FILENAME ":" FNR; take(text) }

function take(text,    i, c) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c ~ /[(\[{]/) level++
        else if (c == "<") angle++
        else if (c == ">") angle--
        else if (c == "," && level == 1 && angle == 0) params++
        else if (c ~ /[)\]}]/ && --level == 0) {
            if (params > 8) print place "\tconstructor\t" kind " has " params " parameters"
            params = 0
            return
        }
    }
}
