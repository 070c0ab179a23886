using System.Collections.Frozen;

namespace McpDevBench;

/// <summary>Why a call was refused. <see cref="RefusalCodes"/> has the names and numbers that clients see.</summary>
internal enum RefusalCode
{
    InvalidArgument,
    ServerError,
    ContainerNotFound,
    ExecNotFound,
    ImageNotAllowed,
    ImageNotFound,
    Timeout,
    PathDenied,
    FileNotFound,
    ConcurrentLimit,
    Unauthenticated,
    Forbidden,
    ResourceExhausted,
    Conflict,
    DockerUnavailable,
    RegistryUnavailable,
    WorkspaceLost,
    Draining,
}

/// <summary>
/// The one exception of expected failures: thrown where the reason is known, translated and counted once, at the edge. Its words go back
/// whole to the caller, who has to recognise them; the log, the audit record and the traces take out what looks like a secret.
/// </summary>
/// <param name="code">What kind of refusal it is.</param>
/// <param name="message">What was wrong, with the value.</param>
/// <param name="hint">What is allowed, or what to call next.</param>
/// <param name="retryable">The same call may succeed later.</param>
internal sealed class RefusalException(RefusalCode code, string message, string hint, bool retryable = false, Exception? inner = null)
    : Exception(Sentence(message), inner)
{
    public RefusalCode Code { get; } = code;

    public string Hint { get; } = hint;

    public bool Retryable { get; } = retryable;

    /// <summary>The rule of the operator's, or the share of a resource, that the call ran into, as metrics name it; null where it is neither.</summary>
    public string? Rule { get; init; }

    /// <summary>More for programs, by name; null where the message says it all.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }

    /// <summary>With a full stop, as another sentence follows it: the words of the agent and of Docker have none.</summary>
    private static string Sentence(string message) => message is [] or [.., '.' or '!' or '?' or '…'] ? message : $"{message}.";
}

internal static class RefusalCodes
{
    /// <summary>The names of all codes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<RefusalCode>().Select(Name)];

    private static readonly FrozenSet<string> _ofTheServer = Enum.GetValues<RefusalCode>().Where(code => code.HttpStatus() >= 500).Select(Name).ToFrozenSet();

    /// <summary>Whether a failure of this name is the server's or its surroundings', and not something that the caller asked for wrongly.</summary>
    public static bool IsOfTheServer(string name) => _ofTheServer.Contains(name);

    /// <summary>How a failure is called in metrics, logs and audit: a refusal by its code, <c>cancelled</c>, or <c>server_error</c>.</summary>
    public static string NameOf(Exception failure) => failure switch
    {
        RefusalException refusal => refusal.Code.Name(),
        OperationCanceledException => "cancelled",
        _ => RefusalCode.ServerError.Name(),
    };

    /// <summary>The name in <c>structuredContent.error.code</c> and in metrics.</summary>
    public static string Name(this RefusalCode code) => code switch
    {
        RefusalCode.InvalidArgument => "invalid_argument",
        RefusalCode.ServerError => "server_error",
        RefusalCode.ContainerNotFound => "container_not_found",
        RefusalCode.ExecNotFound => "exec_not_found",
        RefusalCode.ImageNotAllowed => "image_not_allowed",
        RefusalCode.ImageNotFound => "image_not_found",
        RefusalCode.Timeout => "timeout",
        RefusalCode.PathDenied => "path_denied",
        RefusalCode.FileNotFound => "file_not_found",
        RefusalCode.ConcurrentLimit => "concurrent_limit",
        RefusalCode.Unauthenticated => "unauthenticated",
        RefusalCode.Forbidden => "forbidden",
        RefusalCode.ResourceExhausted => "resource_exhausted",
        RefusalCode.Conflict => "conflict",
        RefusalCode.DockerUnavailable => "docker_unavailable",
        RefusalCode.RegistryUnavailable => "registry_unavailable",
        RefusalCode.WorkspaceLost => "workspace_lost",
        RefusalCode.Draining => "draining",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "a refusal without a name"),
    };

    /// <summary>The number that the predecessor's documentation gave it, or null.</summary>
    public static int? Number(this RefusalCode code) => code switch
    {
        RefusalCode.InvalidArgument => -32602,
        RefusalCode.ServerError => -32000,
        RefusalCode.ContainerNotFound => -32001,
        RefusalCode.ImageNotAllowed => -32002,
        RefusalCode.Timeout => -32003,
        RefusalCode.PathDenied => -32004,
        RefusalCode.FileNotFound => -32005,
        RefusalCode.ConcurrentLimit => -32006,
        RefusalCode.Unauthenticated => -32007,
        RefusalCode.Forbidden => -32008,
        RefusalCode.ResourceExhausted => -32009,
        RefusalCode.Conflict => -32010,
        _ => null,
    };

    /// <summary>The status of the HTTP endpoints that are not MCP.</summary>
    public static int HttpStatus(this RefusalCode code) => code switch
    {
        RefusalCode.InvalidArgument => 400,
        RefusalCode.Unauthenticated => 401,
        RefusalCode.Forbidden or RefusalCode.ImageNotAllowed or RefusalCode.PathDenied => 403,
        RefusalCode.ContainerNotFound or RefusalCode.ExecNotFound or RefusalCode.FileNotFound or RefusalCode.ImageNotFound => 404,
        RefusalCode.Conflict => 412,
        RefusalCode.ConcurrentLimit => 429,
        RefusalCode.ResourceExhausted => 507,
        RefusalCode.Timeout => 504,
        RefusalCode.DockerUnavailable or RefusalCode.RegistryUnavailable or RefusalCode.WorkspaceLost or RefusalCode.Draining => 503,
        _ => 500,
    };
}
