using ModelContextProtocol;

namespace McpDevBench.Mcp;

/// <summary>The JSON-RPC codes of errors that are not the result of a tool.</summary>
internal static class ProtocolErrorCodes
{
    /// <param name="revision">Of the protocol: a missing resource had a code of its own before 2026.</param>
    public static McpErrorCode Of(RefusalCode code, string? revision) => code switch
    {
        // What no other parameter would have put right.
        RefusalCode.ServerError or RefusalCode.DockerUnavailable or RefusalCode.RegistryUnavailable or RefusalCode.Timeout
            or RefusalCode.WorkspaceLost or RefusalCode.Draining or RefusalCode.ConcurrentLimit => McpErrorCode.InternalError,
        RefusalCode.ContainerNotFound or RefusalCode.ExecNotFound or RefusalCode.FileNotFound
            when string.CompareOrdinal(revision, "2026-07-28") < 0 => McpErrorCode.ResourceNotFound,
        _ => McpErrorCode.InvalidParams,
    };
}
