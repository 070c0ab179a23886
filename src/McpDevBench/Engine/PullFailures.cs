namespace McpDevBench.Engine;

/// <summary>What a failed pull means: the registry does not have the image, or the registry itself could not be asked.</summary>
internal static class PullFailures
{
    /// <summary>Parts of the engine's sentences about a registry that does not answer, or not with what was asked for.</summary>
    private static readonly string[] _unreachable =
    [
        "dial tcp", "dial udp", "no such host", "server misbehaving", "i/o timeout", "connection refused", "connection reset",
        "no route to host", "network is unreachable",
        "request canceled", "context deadline exceeded", "Client.Timeout", "TLS handshake", "x509:", "tls:", "unexpected EOF", ": EOF",
        "server gave HTTP response to HTTPS client",
        "proxyconnect", "toomanyrequests", "Too Many Requests", "received unexpected HTTP status: 5", "503 Service Unavailable",
        "502 Bad Gateway", "500 Internal Server Error", "504 Gateway",
    ];

    /// <param name="image">The image as the client may write it.</param>
    /// <param name="sentence">The engine's own.</param>
    public static RequestException ErrorOf(string image, string sentence)
    {
        if (_unreachable.Any(part => sentence.Contains(part, StringComparison.OrdinalIgnoreCase)))
            return new RequestException(
                ErrorCode.RegistryUnavailable,
                $"The image {image} is not on the Docker host, and its registry could not be asked for it: {sentence}",
                "Use an image that is on the Docker host (list_images shows them), or call spawn again later. "
                    + "If it stays so, ask the operator whether the Docker host reaches the registry.",
                retryable: true);
        return new RequestException(
            ErrorCode.ImageNotFound, $"The image {image} could not be pulled: {sentence}",
            "Check the name and the tag; list_images shows the images that are on the Docker host. "
                + "A private registry needs credentials, which the operator sets in MCP_DOCKER_CONFIG_JSON.");
    }
}
