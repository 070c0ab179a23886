namespace McpDevBench.Vocabulary;

/// <summary>The address of the file endpoint, as the caller of the current call reaches it: for answers that point to it.</summary>
internal static class FileAddress
{
    private static readonly AsyncLocal<string?> _ofCall = new();

    private static volatile string? _everywhere;

    /// <summary>Without a slash at the end. It flows with the asynchronous call; null where no file endpoint is served.</summary>
    public static string? Base
    {
        get => _ofCall.Value ?? _everywhere;
        set => _ofCall.Value = value;
    }

    /// <summary>The one address of a server that is not called over HTTP.</summary>
    public static void Announce(string? address) => _everywhere = address;

    /// <summary>The address of one file or directory; null where no file endpoint is served.</summary>
    public static string? Of(string container, string path) =>
        Base is { } address ? $"{address}/workspaces/{Uri.EscapeDataString(container)}/files?path={Uri.EscapeDataString(path)}" : null;

    /// <summary>What to use for something large, as the end of a sentence.</summary>
    public static string Named => Base is { } address ? $"the file endpoint (GET or PUT {Pattern(address)})" : "several smaller calls";

    public static string Pattern(string address) => $"{address}/workspaces/{{container_id}}/files?path=…";
}
