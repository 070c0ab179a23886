using System.Globalization;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent;

/// <summary>The command line.</summary>
/// <param name="Identity">Null: the agent stays who it is, and its children are the same user.</param>
/// <param name="Passwd">The user database to write before the agent becomes its own user; null for none.</param>
internal sealed record Options(string Workspace, string Socket, UserIds? Identity, PasswdFile? Passwd = null)
{
    public const string DefaultWorkspace = "/workspace";
    private const string DefaultSocket = "devbench-agent";

    /// <summary>What fits into the address of a socket.</summary>
    private const int MaxSocket = 100;

    public static bool TryRead(string[] arguments, out Options options)
    {
        options = new Options(DefaultWorkspace, DefaultSocket, Identity: null);
        uint user = 0, group = 0, own = 0;
        string path = "", parts = "";
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || arguments[i + 1].Length == 0)
                return false;
            if (arguments[i] == "--workspace")
                options = options with { Workspace = arguments[i + 1] };
            else if (arguments[i] == "--socket" && arguments[i + 1].Length <= MaxSocket)
                options = options with { Socket = arguments[i + 1] };
            else if (arguments[i] == "--passwd")
                path = arguments[i + 1];
            else if (arguments[i] == "--passwd-parts")
                parts = arguments[i + 1];
            else if (!(arguments[i] == "--user" && TryReadUser(arguments[i + 1], ref user))
                && !(arguments[i] == "--group" && TryReadUser(arguments[i + 1], ref group))
                && !(arguments[i] == "--agent-user" && TryReadUser(arguments[i + 1], ref own)))
                return false;
        }
        if (user != 0 && own != 0 && user != own)
            options = options with { Identity = new UserIds(user, group == 0 ? user : group, own) };
        if (path.Length > 0 && parts.Length > 0)
            options = options with { Passwd = new PasswdFile(path, parts) };
        return options.Identity is not null
            ? (path.Length > 0) == (parts.Length > 0)
            : (user, group, own) == (0, 0, 0) && path.Length + parts.Length == 0;
    }

    /// <summary>As <see cref="TryRead"/> reads it.</summary>
    public string[] ToArguments() =>
    [
        "--workspace", Workspace, "--socket", Socket, .. Identity is { } identity
            ? ["--user", Text(identity.Workload), "--group", Text(identity.Group), "--agent-user", Text(identity.Own)]
            : Array.Empty<string>(),
        .. Passwd is { } passwd ? ["--passwd", passwd.Path, "--passwd-parts", passwd.Parts] : Array.Empty<string>(),
    ];

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Not root, and not the number that means no user.</summary>
    private static bool TryReadUser(string text, ref uint user) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out user) && user is > 0 and < uint.MaxValue;
}
