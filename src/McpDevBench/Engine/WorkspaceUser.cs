using System.Globalization;

namespace McpDevBench.Engine;

/// <summary>The users of a workspace's processes, inside and outside of its container.</summary>
internal static class WorkspaceUser
{
    /// <summary>
    /// Of workspaces that were made before each had one of its own, and of all where Docker maps the users of containers to others.
    /// </summary>
    public const int Shared = 1000;

    /// <summary>The group of every workspace's programs: the kernel counts nothing for groups, and images have files for it.</summary>
    public const int Group = 1000;

    /// <summary>The agent's user where the programs' is <see cref="Shared"/>; one that no distribution gives out.</summary>
    private const int SharedAgent = 65_521;

    private const string AgentUserOption = "--agent-user", UserOption = "--user";

    /// <summary>The user and group of the agent and its bridge: out of reach for the workspace's programs.</summary>
    public static int AgentOf(int uid) => uid == Shared ? SharedAgent : uid + 1;

    /// <summary>The agent's command line.</summary>
    public static string[] Command(int uid) =>
    [
        "serve", UserOption, Text(uid), "--group", Text(Group), AgentUserOption, Text(AgentOf(uid)),
        "--passwd", ContainerSpec.PasswdPath, "--passwd-parts", ContainerSpec.UserFolder,
    ];

    /// <summary>The user of a container's programs, by the command line that it was created with.</summary>
    public static int Of(IEnumerable<string>? command) => Option(command, UserOption) ?? Shared;

    /// <summary>As whom a bridge runs: the agent's user. An agent of an earlier version is its container's user.</summary>
    /// <param name="containerUser">As the engine has it.</param>
    /// <param name="command">The command line that the container was created with.</param>
    public static string OfBridge(string? containerUser, IEnumerable<string>? command)
    {
        if (containerUser is not (null or ContainerSpec.StartUser))
            return containerUser;
        var agent = Text(Option(command, AgentUserOption) ?? SharedAgent);
        return $"{agent}:{agent}";
    }

    private static int? Option(IEnumerable<string>? command, string name) =>
        int.TryParse(
            command?.SkipWhile(word => word != name).Skip(1).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture,
            out var number) && number > 0 ? number : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
