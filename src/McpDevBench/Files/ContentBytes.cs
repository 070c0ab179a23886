namespace McpDevBench.Files;

/// <summary>Bytes in arguments: as text in a named encoding, or as base64.</summary>
internal static class ContentBytes
{
    /// <summary>Whether content is text, and not bytes as base64.</summary>
    public static bool IsText(string encoding) => encoding != TextEncodings.Base64Name;

    /// <exception cref="RequestException">invalid_argument.</exception>
    public static byte[] Of(string content, string encoding, string argument = "content")
    {
        if (encoding == TextEncodings.Base64Name)
            return FromBase64(content, argument);
        if (TextEncodings.TryEncode(content, encoding, out var bytes, out var missing))
            return bytes;
        throw new RequestException(
            ErrorCode.InvalidArgument, $"The argument '{argument}' contains '{missing}', which {encoding} does not have.",
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
            throw new RequestException(
                ErrorCode.InvalidArgument, $"The argument '{argument}' is not base64.",
                "Send base64, or encoding utf8 and the text itself.");
        }
    }
}
