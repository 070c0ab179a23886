using System.Text;

namespace McpDevBench.Mcp;

/// <summary>Bytes in arguments: as text, or as base64 where they are none.</summary>
internal static class Encodings
{
    public static byte[] Decode(string content, string encoding, string argument)
    {
        if (encoding != "base64")
            return Encoding.UTF8.GetBytes(content);
        try
        {
            return Convert.FromBase64String(content);
        }
        catch (FormatException)
        {
            throw new RefusalException(RefusalCode.InvalidArgument, $"The argument '{argument}' is not base64.", "Send base64, or encoding utf8 and the text itself.");
        }
    }
}
