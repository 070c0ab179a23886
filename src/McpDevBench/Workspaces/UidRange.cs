using System.Globalization;

namespace McpDevBench.Workspaces;

/// <summary>
/// The user ids that workspaces may have. Each workspace takes two: an even one for its programs, and the next one for its agent.
/// </summary>
internal readonly record struct UidRange(int First, int Last)
{
    /// <summary>
    /// Neither users of a machine (below 60,000) nor what distributions give to containers of users (/etc/subuid begins at 100,000), to
    /// nspawn (from 524,288) or to domains (from 200,000). Small enough for archives that have seven octal or six decimal digits for it.
    /// </summary>
    public const string Default = "70000-99999";

    private const string Setting = "MCP_WORKSPACE_UID_RANGE";

    /// <summary>Below are users and services of the host.</summary>
    private const int Min = 10_000;

    /// <summary>Of systemd's dynamic services, of the overflow user (65534), and of the agent of older workspaces.</summary>
    private const int FirstTaken = 61_184, LastTaken = 65_535;

    /// <summary>The first that a workspace may have.</summary>
    public int FirstPair => First + (First & 1);

    /// <summary>Workspaces and kept files at once.</summary>
    public int Count => (Last + 1 - FirstPair) / 2;

    public static UidRange Read(Settings settings)
    {
        var text = settings.Text(
            Setting, Default,
            "User ids for workspaces and kept files, as FIRST-LAST, two for each; nothing else on the Docker host may use them.");
        if (TryParse(text, out var range))
            return range;
        settings.Refuse(
            $"{Setting}='{text}' is not allowed: use FIRST-LAST, with at least two ids from {Min} to {int.MaxValue - 1} and none from "
                + $"{FirstTaken} to {LastTaken} (systemd's, the overflow user's and the agent's), such as {Default}.");
        _ = TryParse(Default, out range);
        return range;
    }

    public static bool TryParse(string text, out UidRange range)
    {
        range = default;
        if (text.Split('-') is not [var first, var last]
            || !int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            || !int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to))
            return false;
        range = new UidRange(from, to);
        return from >= Min && to < int.MaxValue && from < to && range.Count > 0 && (to < FirstTaken || from > LastTaken);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");
}
