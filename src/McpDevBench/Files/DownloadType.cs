using System.Collections.Frozen;
using Microsoft.Net.Http.Headers;

namespace McpDevBench.Files;

/// <summary>How a file of a workspace is sent: to be saved, and as nothing that a browser would run.</summary>
internal static class DownloadType
{
    private const string Bytes = "application/octet-stream";

    /// <summary>Types without scripts, styles or links to load. A type that is not known to be passive is sent as bytes.</summary>
    private static readonly FrozenSet<string> _passive = new[]
    {
        "application/gzip", "application/json", "application/x-tar", "application/zip",
        "audio/mpeg", "audio/ogg", "audio/wav",
        "image/avif", "image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp",
        "text/csv", "text/markdown", "text/plain",
        "video/mp4", "video/webm",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static string Of(string? mimeType) => mimeType is not null && _passive.Contains(mimeType) ? mimeType : Bytes;

    /// <param name="path">Its last part is the name to save under.</param>
    public static string Disposition(string path)
    {
        var header = new ContentDispositionHeaderValue("attachment");
        header.SetHttpFileName(path.TrimEnd('/').Split('/')[^1]);
        return header.ToString();
    }
}
