namespace McpDevBench.Observability;

/// <summary>
/// The facts of the current call: rooms add them; log lines, audit records and spans include them. They flow with the asynchronous call, as
/// the <see cref="CorrelationId"/> does, also into background work.
/// </summary>
internal sealed class CallFacts(Caller caller)
{
    /// <summary>Bytes of what a client calls itself or its session: it is in every line of every call.</summary>
    private const int MaxNameLength = 256;

    private static readonly AsyncLocal<CallFacts?> _current = new();

    /// <summary>Those of the call that is being served, or null outside of one.</summary>
    public static CallFacts? Current => _current.Value;

    public Caller Caller => caller;

    public string Principal => caller.Name;

    /// <summary>The client's name: for display, not for decisions.</summary>
    public string? ClientName { get; set => field = Short(value); }

    /// <summary>The session that the client named when it attached: for display, not for decisions.</summary>
    public string? SessionId { get; set => field = Short(value); }

    public string? ContainerId { get; set; }

    /// <summary>Another workspace, which the call copies from; it has a record of the call too.</summary>
    public string? SourceId { get; set; }

    public string? ExecId { get; set; }

    public string? Image { get; set; }

    /// <summary>The subject of the call: a path, a program's name, a signal. Never a whole argument.</summary>
    public string? Target { get; set; }

    /// <summary>
    /// The workspaces whose container was made anew, for this call or since the last one: their processes are gone, their files are there.
    /// </summary>
    public List<ResumedWorkspace> Resumed { get; } = [];

    /// <summary>What a workspace lost when it was taken over from Docker, where no call has reported it yet.</summary>
    public List<string> Adoptions { get; } = [];

    /// <summary>Called when a tool's result has carried what this call found out of a resume or an adoption.</summary>
    public Action? Reported { get; set; }

    /// <summary>A handle from the client if it has the form of one; null otherwise, because other text is not recorded.</summary>
    public static string? Handle(string? given) => Observability.CorrelationId.IsAcceptable(given) ? given : null;

    /// <summary>A handle for an error text: as given, on one line, truncated.</summary>
    public static string Named(string given)
    {
        var length = Utf8Text.Cut(given, MaxNameLength);
        var shown = string.Concat(given[..length].Select(character => char.IsControl(character) ? '\uFFFD' : character));
        return $"'{shown}{(length < given.Length ? "…" : "")}'";
    }

    /// <summary>Begins the facts of a call.</summary>
    public static CallFacts Begin(Caller caller) => _current.Value = new CallFacts(caller);

    private static string? Short(string? name) =>
        name is null ? null : Truncation.ToBytes(name, MaxNameLength);
}

/// <param name="Name">Its alias, or its id.</param>
/// <param name="HomeLost">The resume found no volume of the home directory: what was in it is lost.</param>
internal readonly record struct ResumedWorkspace(string Name, bool HomeLost);
