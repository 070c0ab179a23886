using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace McpDevBench.Vocabulary;

/// <summary>What every listener of the server has in common.</summary>
internal static class ListenerDefaults
{
    public static void SetDefaults(this KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        // Kestrel takes +40 for a length, and a proxy in front of it may not: they would disagree about where a request ends.
        kestrel.RequestHeaderEncodingSelector = static name =>
            name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? DigitsEncoding.Instance : null!;
    }

    /// <summary>Digits, and a letter in the place of anything else, which makes a number malformed.</summary>
    private sealed class DigitsEncoding : Encoding
    {
        public static DigitsEncoding Instance { get; } = new();

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            for (var i = 0; i < byteCount; i++)
                chars[charIndex + i] = char.IsAsciiDigit((char)bytes[byteIndex + i]) ? (char)bytes[byteIndex + i] : 'x';
            return byteCount;
        }

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetMaxCharCount(int byteCount) => byteCount;

        public override int GetByteCount(char[] chars, int index, int count) => ASCII.GetByteCount(chars, index, count);

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
            ASCII.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

        public override int GetMaxByteCount(int charCount) => ASCII.GetMaxByteCount(charCount);
    }
}
