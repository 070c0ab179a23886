using McpDevBench.Calls;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>The facts of a tool: its name, the text that a model reads, and all four hints.</summary>
/// <param name="Destructive">It may remove or overwrite what was there.</param>
/// <param name="Idempotent">The same call again changes nothing more.</param>
/// <param name="OpenWorld">It reaches beyond the workspace: registries, networks, or all that a command can reach.</param>
/// <param name="AuditEvent">Of a call, in the audit log; null for a tool that is not recorded.</param>
/// <param name="Ends">It ends a command or a workspace, which must be possible while the audit log is down.</param>
internal sealed record ToolFacts(
    string Name, string Title, string Description, bool ReadOnly, bool Destructive, bool Idempotent, bool OpenWorld,
    string? AuditEvent = null, bool Ends = false)
{
    /// <summary>The whole call has to be answered within this time, unless its arguments ask for a wait.</summary>
    public TimeSpan Timeout { get; init; } = CallDeadline.DefaultTimeout;

    public static ToolFacts Reads(string name, string title, string description, string? auditEvent = null) =>
        new(name, title, description, ReadOnly: true, Destructive: false, Idempotent: true, OpenWorld: false, auditEvent);

    public ToolAnnotations Annotations => new()
    {
        ReadOnlyHint = ReadOnly,
        DestructiveHint = Destructive,
        IdempotentHint = Idempotent,
        OpenWorldHint = OpenWorld,
    };
}

/// <summary>Arguments of a call that waits: it has to be answered within that time and <see cref="CallDeadline.Overhead"/>.</summary>
internal interface IWaitingArguments
{
    TimeSpan Wait { get; }
}

/// <summary>A tool whose facts are known without making it, so that it can be left out.</summary>
internal interface ITool
{
    static abstract ToolFacts Facts { get; }
}

/// <summary>A tool of this server.</summary>
internal abstract class DevBenchTool(ToolFacts about) : McpServerTool
{
    public ToolFacts About => about;

    public CallKind Kind { get; } = KindOf(about.Name) with
    {
        AuditEvent = about.AuditEvent,
        IsReadOnly = about.ReadOnly,
        MayGoUnrecorded = about.ReadOnly || about.Ends,
    };

    /// <summary>What checks the arguments.</summary>
    public abstract ArgumentShape Shape { get; }

    public override IReadOnlyList<object> Metadata => [];

    /// <summary>Of a tool that is not ours, or not offered.</summary>
    public static CallKind KindOf(string name) => new(name) { IsLogged = true, ProtocolErrorOf = McpErrors.OfTool };
}
