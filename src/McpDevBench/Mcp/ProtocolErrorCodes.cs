using ModelContextProtocol;

namespace McpDevBench.Mcp;

/// <summary>The JSON-RPC codes of errors that are not the result of a tool.</summary>
internal static class ProtocolErrorCodes
{
    /// <param name="revision">Of the protocol: a missing resource had a code of its own before 2026.</param>
    public static McpErrorCode Of(ErrorCode code, string? revision) => code switch
    {
        // What no other parameter would have put right.
        ErrorCode.ServerError or ErrorCode.DockerUnavailable or ErrorCode.RegistryUnavailable or ErrorCode.Timeout
            or ErrorCode.WorkspaceLost or ErrorCode.Draining or ErrorCode.ConcurrentLimit => McpErrorCode.InternalError,
        ErrorCode.ContainerNotFound or ErrorCode.ExecNotFound or ErrorCode.FileNotFound
            when string.CompareOrdinal(revision, "2026-07-28") < 0 => McpErrorCode.ResourceNotFound,
        _ => McpErrorCode.InvalidParams,
    };
}
