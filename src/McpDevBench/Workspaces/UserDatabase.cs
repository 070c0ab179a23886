using System.Text;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>
/// An image's <c>/etc/passwd</c> and <c>/etc/group</c> with the workspace's user in them. Every other line stays as it is, byte by byte.
/// </summary>
/// <param name="PasswdHead">What is before the number of the workspace's user.</param>
/// <param name="PasswdTail">What is after it.</param>
/// <param name="UserName">The image's name of uid 1000, or ours.</param>
internal sealed record UserDatabase(byte[] PasswdHead, byte[] PasswdTail, byte[] Group, string UserName)
{
    private const string Ours = "dev";
    private const int NameField = 0, UidField = 2, GroupIdField = 2, PrimaryGroupField = 3, HomeField = 5, ShellField = 6, FieldCount = 7;
    private const string Root = "root:x:0:0:root:/root:/sbin/nologin", RootGroup = "root:x:0:";

    private static readonly string _uid = WorkspaceUser.Shared.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <param name="passwd">The image's; null if it has none.</param>
    /// <param name="group">As <paramref name="passwd"/>.</param>
    public static UserDatabase Merge(byte[]? passwd, byte[]? group, string shell)
    {
        var users = Lines(passwd, Root);
        var groups = Lines(group, RootGroup);
        var present = users.FindIndex(line => line.Split(':') is { Length: FieldCount } fields && fields[UidField] == _uid
            && fields[NameField].Length > 0);
        var name = present < 0 ? FreeName(users.Concat(groups)) : users[present].Split(':')[NameField];
        var entry = present < 0 ? [name, "x", _uid, _uid, name, "", ""] : users[present].Split(':');
        (entry[PrimaryGroupField], entry[HomeField], entry[ShellField]) = (_uid, ContainerSpec.HomePath, shell);
        var at = present < 0 ? users.Count : present;
        var head = string.Join(':', entry[..UidField]) + ":";
        var tail = ":" + string.Join(':', entry[(UidField + 1)..]);
        if (!groups.Any(line => line.Split(':') is { Length: > GroupIdField } fields && fields[GroupIdField] == _uid
            && fields[NameField].Length > 0))
            groups.Add($"{FreeName(groups, name)}:x:{_uid}:");
        return new UserDatabase(
            [.. Bytes(users.Take(at)), .. Encoding.Latin1.GetBytes(head)], Bytes([tail, .. users.Skip(at + 1)]), Bytes(groups), name);
    }

    private static string FreeName(IEnumerable<string> lines, string wanted = Ours)
    {
        var taken = lines.Select(line => line.Split(':')[NameField]).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(0, taken.Count + 1).Select(index => index == 0 ? wanted : $"{wanted}{index}")
            .First(name => !taken.Contains(name));
    }

    private static List<string> Lines(byte[]? content, string otherwise) =>
        content is null ? [otherwise] : [.. Encoding.Latin1.GetString(content).Split('\n').Where(line => line.Length > 0)];

    private static byte[] Bytes(IEnumerable<string> lines) => Encoding.Latin1.GetBytes(string.Concat(lines.Select(line => line + "\n")));
}
