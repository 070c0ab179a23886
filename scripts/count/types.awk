# Types of one name, by where they are: the namespace, and for a nested one the type around it. A partial type is one type.

FNR == 1 { space = outer = "" }
/^namespace / { space = $2; sub(/;.*/, "", space) }
/^(    )?[a-z ]*(class|struct|record|record struct|interface|enum) [A-Z]/ && !/ private / && !/^ *\/\// {
    line = $0
    nested = line ~ /^ /
    sub(/^[a-z ]*(record struct|class|struct|record|interface|enum) /, "", line)
    match(line, /^[A-Za-z0-9_]+/)
    name = substr(line, 1, RLENGTH)
    rest = substr(line, RLENGTH + 1)
    arity = 0
    if (match(rest, /^<[^>]*>/)) arity = gsub(/,/, ",", rest) + 1
    if (!nested) outer = name
    key = name "`" arity
    home = space (nested ? "." outer : "")
    if (!(key in homes)) { homes[key] = home; places[key] = FILENAME ":" FNR }
    else if (index("|" homes[key] "|", "|" home "|") == 0) {
        if (!(key in told)) { print places[key] "\ttwice\t" name; told[key] = 1 }
        print FILENAME ":" FNR "\ttwice\t" name
        homes[key] = homes[key] "|" home
    }
}
