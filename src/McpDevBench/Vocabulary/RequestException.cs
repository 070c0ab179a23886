using System.Collections.Frozen;

namespace McpDevBench.Vocabulary;

/// <summary>Why a call failed. <see cref="ErrorCodes"/> has the names and numbers that clients see.</summary>
internal enum ErrorCode
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
/// <param name="code">The kind of error.</param>
/// <param name="message">What was wrong, with the value.</param>
/// <param name="hint">What is allowed, or what to call next.</param>
/// <param name="retryable">The same call may succeed later.</param>
internal sealed class RequestException(ErrorCode code, string message, string hint, bool retryable = false, Exception? inner = null)
    : Exception(Sentence(message), inner)
{
    public ErrorCode Code { get; } = code;

    public string Hint { get; } = hint;

    public bool Retryable { get; } = retryable;

    /// <summary>
    /// The rule of the operator's, or the share of a resource, that the call ran into, as metrics name it; null where it is neither.
    /// </summary>
    public string? Rule { get; init; }

    /// <summary>The name in <see cref="Details"/> of the etag that a file has now.</summary>
    public const string Etag = "etag";

    /// <summary>More for programs, by name; null where the message says it all.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }

    /// <summary>With a full stop, as another sentence follows it: the words of the agent and of Docker have none.</summary>
    private static string Sentence(string message) => message is [] or [.., '.' or '!' or '?' or '…'] ? message : $"{message}.";
}

internal static class ErrorCodes
{
    private static readonly FrozenSet<string> _ofTheServer =
        Enum.GetValues<ErrorCode>().Where(code => code.HttpStatus() >= 500).Select(code => code.Name()).ToFrozenSet();

    /// <summary>The names of all codes, in <c>structuredContent.error.code</c> and in metrics.</summary>
    public static IReadOnlyList<string> Names => EnumNames.All<ErrorCode>();

    /// <summary>
    /// Whether a failure of this name is the server's or its surroundings', and not something that the caller asked for wrongly.
    /// </summary>
    public static bool IsOfTheServer(string name) => _ofTheServer.Contains(name);

    /// <summary>
    /// The name of a failure in metrics, logs and audit: the error's code, <c>cancelled</c>, or <c>server_error</c>.
    /// </summary>
    public static string NameOf(Exception failure) => failure switch
    {
        RequestException error => error.Code.Name(),
        OperationCanceledException => "cancelled",
        _ => ErrorCode.ServerError.Name(),
    };

    /// <summary>The number that the predecessor's documentation gave it, or null.</summary>
    public static int? Number(this ErrorCode code) => code switch
    {
        ErrorCode.InvalidArgument => -32602,
        ErrorCode.ServerError => -32000,
        ErrorCode.ContainerNotFound => -32001,
        ErrorCode.ImageNotAllowed => -32002,
        ErrorCode.Timeout => -32003,
        ErrorCode.PathDenied => -32004,
        ErrorCode.FileNotFound => -32005,
        ErrorCode.ConcurrentLimit => -32006,
        ErrorCode.Unauthenticated => -32007,
        ErrorCode.Forbidden => -32008,
        ErrorCode.ResourceExhausted => -32009,
        ErrorCode.Conflict => -32010,
        _ => null,
    };

    /// <summary>The status of the HTTP endpoints that are not MCP.</summary>
    public static int HttpStatus(this ErrorCode code) => code switch
    {
        ErrorCode.InvalidArgument => 400,
        ErrorCode.Unauthenticated => 401,
        ErrorCode.Forbidden or ErrorCode.ImageNotAllowed or ErrorCode.PathDenied => 403,
        ErrorCode.ContainerNotFound or ErrorCode.ExecNotFound or ErrorCode.FileNotFound or ErrorCode.ImageNotFound => 404,
        ErrorCode.Conflict => 412,
        ErrorCode.ConcurrentLimit => 429,
        ErrorCode.ResourceExhausted => 507,
        ErrorCode.Timeout => 504,
        ErrorCode.DockerUnavailable or ErrorCode.RegistryUnavailable or ErrorCode.WorkspaceLost or ErrorCode.Draining => 503,
        _ => 500,
    };
}
