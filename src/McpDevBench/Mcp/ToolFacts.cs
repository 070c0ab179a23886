using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>What a tool is, before it can be called: its name, the text a model reads, and the four hints, none left to a default.</summary>
/// <param name="Destructive">It may remove or overwrite what was there.</param>
/// <param name="Idempotent">The same call again changes nothing more.</param>
/// <param name="OpenWorld">It reaches beyond the workspace: registries, networks, whatever a command does.</param>
/// <param name="AuditEvent">What a call is called in the audit record; null for a tool that is not recorded.</param>
/// <param name="Ends">It ends what runs or is there, which must be possible at any time: also while nothing can be recorded.</param>
internal sealed record ToolFacts(
    string Name, string Title, string Description, bool ReadOnly, bool Destructive, bool Idempotent, bool OpenWorld, string? AuditEvent = null, bool Ends = false)
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

    /// <summary>What checks the arguments.</summary>
    public abstract ArgumentShape Shape { get; }

    public override IReadOnlyList<object> Metadata => [];
}
