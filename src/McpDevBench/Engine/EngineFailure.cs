using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text.Json;

namespace McpDevBench.Engine;

/// <summary>How a call to the engine fails without an answer of the engine, in all forms that the client library has for it.</summary>
internal static class EngineFailure
{
    /// <summary>Whether the engine could not be reached, or did not answer as one does.</summary>
    /// <param name="e">Of the call.</param>
    /// <param name="callers">Cancelled where the caller gave up, which says nothing about the engine.</param>
    public static bool IsUnreachable(Exception e, CancellationToken callers) => e switch
    {
        // The library connects to each address of a name in turn, and collects what went wrong.
        AggregateException { InnerExceptions.Count: > 0 } several => several.InnerExceptions.All(one => IsUnreachable(one, callers)),
        OperationCanceledException => !callers.IsCancellationRequested,
        TimeoutException or HttpRequestException or SocketException or IOException => true,
        AuthenticationException or CryptographicException or UnauthorizedAccessException => true,
        // Something else listens there.
        JsonException => true,
        _ => false,
    };

    /// <summary>What the operating system reported, however deep it is.</summary>
    public static SocketError? SocketErrorOf(Exception e) => Causes(e).OfType<SocketException>().FirstOrDefault()?.SocketErrorCode;

    public static bool IsTimeout(Exception e) => Causes(e).Any(cause => cause is OperationCanceledException or TimeoutException);

    public static bool IsTls(Exception e) => Causes(e).Any(cause => cause is AuthenticationException or CryptographicException);

    /// <summary>The sentence of the innermost cause: those around it repeat it, or say that something failed.</summary>
    public static string ReasonOf(Exception e) => Causes(e).Last().Message;

    private static IEnumerable<Exception> Causes(Exception e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
            yield return cause;
    }
}
