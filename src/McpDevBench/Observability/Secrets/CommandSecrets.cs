using System.Text.RegularExpressions;

namespace McpDevBench.Observability.Secrets;

/// <summary>
/// Secrets of a command line that only its program knows to be secret: <c>curl -u name:secret</c>, <c>mysql -psecret</c>. What
/// <see cref="SecretRedactor"/> knows anywhere is taken out as well.
/// </summary>
internal static partial class CommandSecrets
{
    /// <param name="command">A script, or a program and its arguments.</param>
    public static string Redact(IReadOnlyList<string> command)
    {
        var line = command.Count == 1 ? command[0] : string.Join(' ', command.Select(Quoted));
        foreach (var rule in _rules)
            line = rule.Replace(line, static match => match.Groups["known"].Value + SecretRedactor.Mark);
        return SecretRedactor.Instance.Redact(line);
    }

    /// <summary>
    /// As a shell would read it: an argument with blanks is one. A header is redacted to the end of the line all the same.
    /// </summary>
    private static string Quoted(string argument) =>
        argument.Any(char.IsWhiteSpace) && !argument.Contains('\'', StringComparison.Ordinal) && !argument.Contains(
            ": ", StringComparison.Ordinal)
            ? $"'{argument}'"
            : argument;

    /// <summary>A value in quotes, or up to a blank.</summary>
    private const string Value = """('[^']*'|"([^"\\]|\\.)*"|[^\s'";|&]+)""";

    private static readonly Regex[] _rules =
        [NameAndPassword(), QuotedNameAndPassword(), GluedPassword(), SpacedPassword(), OpenSsl(), PasswordFile(), Option(),
        Assignment(), Pair()];

    /// <summary>NAME:SECRET of -u and its like. Two numbers are a user and a group.</summary>
    [GeneratedRegex(
        """(?<known>\s(-u|-U|--user|--proxy-user|--auth)(\s+|=)?[^\s:='"]*[A-Za-z_.@-][^\s:='"]*:)([^\s'";|&]+)""",
        RegexOptions.NonBacktracking)]
    private static partial Regex NameAndPassword();

    [GeneratedRegex(
        """(?<known>\s(-u|-U|--user|--proxy-user|--auth)(\s+|=)?['"][^:='"]*[A-Za-z_.@-][^:='"]*:)([^'"]+)""",
        RegexOptions.NonBacktracking)]
    private static partial Regex QuotedNameAndPassword();

    [GeneratedRegex(
        """(?<known>\b(mysql|mysqldump|mysqladmin|mysqlimport|mariadb|mariadb-dump|mariadb-admin|sshpass|7z|7za|7zr|rar|unrar)\b"""
        + """([^|;&\n]*\s|\s+)'?-p)""" + Value, RegexOptions.NonBacktracking)]
    private static partial Regex GluedPassword();

    /// <summary>Programs whose -p, -P, -a or -w has the password as the next word.</summary>
    [GeneratedRegex(
        """(?<known>\b(login\b[^|;&\n]*\s-p|sshpass\s+-p|(unzip|zip|zipcloak)\b[^|;&\n]*\s-P|redis-cli\b[^|;&\n]*\s-a"""
        + """|ldap\w+\b[^|;&\n]*\s-w)(\s+|=))"""
        + Value, RegexOptions.NonBacktracking)]
    private static partial Regex SpacedPassword();

    [GeneratedRegex("""(?<known>\bpass:)""" + Value, RegexOptions.NonBacktracking)]
    private static partial Regex OpenSsl();

    [GeneratedRegex("""(?<known>\bhtpasswd\s+-\w*b\w*\s+\S+\s+\S+\s+)""" + Value, RegexOptions.NonBacktracking)]
    private static partial Regex PasswordFile();

    [GeneratedRegex("""(?<known>\s--(oauth2-bearer|pass|passphrase|bearer|api-key)(\s+|=))""" + Value, RegexOptions.NonBacktracking)]
    private static partial Regex Option();

    /// <summary>A name that ends in one of these words, in an assignment: in any case.</summary>
    private const string Name =
        """(?i:pass|passwd|password|passphrase|pwd|key|token|secret|credential|credentials|pat)""";

    [GeneratedRegex(
        """(?<known>(^|[\s;|&('"])(-{0,2}[A-Za-z0-9_][A-Za-z0-9_.-]*[_.-]|_)?""" + Name + """(_[0-9]+)?=)""" + Value,
        RegexOptions.NonBacktracking)]
    private static partial Regex Assignment();

    /// <summary>A name and its value as two words, as <c>aws configure set</c> and <c>git config</c> take them.</summary>
    [GeneratedRegex(
        """(?<known>\b(set|config|setx)\s([^;|&\n]*\s)?['"]?([^\s'"=]*[_.:/-])?"""
        + """((?i:access|secret|api|private|auth|account|session)[_-](?i:key|token)|(?i:password|passwd|secret|token))['"]?\s+)"""
        + Value, RegexOptions.NonBacktracking)]
    private static partial Regex Pair();
}
