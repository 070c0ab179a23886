using McpDevBench.Files;

namespace McpDevBench.Mcp;

/// <summary>Bytes in arguments: as text in a named encoding, or as base64.</summary>
internal static class Encodings
{
    public static byte[] Decode(string content, string encoding, string argument)
    {
        if (encoding == TextEncodings.Base64Name)
            return FromBase64(content, argument);
        if (TextEncodings.TryEncode(content, encoding, out var bytes, out var missing))
            return bytes;
        throw new RefusalException(
            RefusalCode.InvalidArgument, $"The argument '{argument}' contains '{missing}', which {encoding} does not have.",
            "Replace the character, or send encoding=utf8 to store the text as UTF-8.");
    }

    private static byte[] FromBase64(string content, string argument)
    {
        try
        {
            return Convert.FromBase64String(content);
        }
        catch (FormatException)
        {
            throw new RefusalException(
                RefusalCode.InvalidArgument, $"The argument '{argument}' is not base64.",
                "Send base64, or encoding utf8 and the text itself.");
        }
    }
}
