namespace McpDevBench.Calls;

/// <summary>What is called: all that a <see cref="CallScope"/> has to know of it before it runs.</summary>
/// <param name="Name">In metrics, errors and records.</param>
internal sealed record CallKind(string Name)
{
    /// <summary>In the audit log; null for a call that is not recorded.</summary>
    public string? AuditEvent { get; init; }

    /// <summary>It changes nothing, so it is served while the server shuts down.</summary>
    public bool IsReadOnly { get; init; } = true;

    /// <summary>It changes nothing, or it ends something, which must be possible while the audit log is down.</summary>
    public bool MayGoUnrecorded { get; init; } = true;

    public CallLimit Limit { get; init; }

    /// <summary>Each call has a line in the log.</summary>
    public bool IsLogged { get; init; }

    /// <summary>The error type of a failure that the entrance's own protocol answers; null for any other failure.</summary>
    public Func<Exception, string?>? ProtocolErrorOf { get; init; }
}

/// <summary>How long a call may take.</summary>
internal enum CallLimit
{
    /// <summary><see cref="CallDeadline.DefaultTimeout"/>, or what the call sets itself.</summary>
    Deadline,

    /// <summary>As long as bytes move.</summary>
    Transfer,

    /// <summary>A stream that stays open.</summary>
    None,
}
