namespace McpDevBench.Files;

/// <summary>The images that clients can show to a model, recognised by their first bytes.</summary>
internal static class ImageFormat
{
    /// <summary>Bytes that decide.</summary>
    public const int ProbeBytes = 12;

    /// <returns>The MIME type; null for anything else.</returns>
    public static string? Of(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]))
            return "image/png";
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return "image/jpeg";
        if (start.StartsWith("GIF87a"u8) || start.StartsWith("GIF89a"u8))
            return "image/gif";
        return start.Length >= ProbeBytes && start.StartsWith("RIFF"u8) && start[8..].StartsWith("WEBP"u8) ? "image/webp" : null;
    }
}
