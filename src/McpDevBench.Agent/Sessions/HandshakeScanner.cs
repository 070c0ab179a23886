using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Sessions;

/// <summary>
/// Finds handshakes anywhere in a stream, also across reads and in the middle of what looks like a frame: the previous
/// server may have been cut off at any byte.
/// </summary>
internal sealed class HandshakeScanner(TrustedSecret secret)
{
    /// <summary>Room that a caller leaves free before what it read, for the end of the read before.</summary>
    public const int Headroom = Handshake.MagicLength + Handshake.SecretLength;

    private readonly byte[] _tail = new byte[Headroom];
    private int _tailLength;

    private readonly byte[] _collected = new byte[Handshake.SecretLength + Handshake.NonceLength];
    private int _collectedLength;
    private int _nonceAt;
    private bool _collecting;

    /// <summary>The nonce of the handshake that <see cref="Scan"/> has just completed.</summary>
    public ReadOnlySpan<byte> Nonce => _collected.AsSpan(_nonceAt, Handshake.NonceLength);

    /// <summary>Looks at new bytes, which have <see cref="Headroom"/> writable ones before them.</summary>
    /// <param name="buffer">Headroom, then the new bytes.</param>
    /// <param name="before">How many of the new bytes belong to the stream before the handshake.</param>
    /// <param name="consumed">How many of the new bytes are done with, the handshake's own included.</param>
    /// <returns>True if a handshake is complete; the caller goes on with the rest.</returns>
    public bool Scan(Span<byte> buffer, out int before, out int consumed)
    {
        var fresh = buffer.Length - Headroom;
        _tail.AsSpan(0, _tailLength).CopyTo(buffer[(Headroom - _tailLength)..]);
        var window = buffer[(Headroom - _tailLength)..];
        var opening = secret.Opening;
        var at = window.IndexOf(opening);
        if (at >= 0)
        {
            before = _collecting ? 0 : Math.Max(0, at - _tailLength);
            consumed = Math.Max(0, at + opening.Length - _tailLength);
            _tailLength = 0;
            _collecting = true;
            _collectedLength = 0;
            return false;
        }
        before = _collecting ? 0 : fresh;
        consumed = fresh;
        if (!_collecting)
        {
            KeepTail(window, opening.Length);
            return false;
        }
        var wanted = secret.Known ? Handshake.NonceLength : Handshake.SecretLength + Handshake.NonceLength;
        consumed = Math.Min(fresh, wanted - _collectedLength);
        buffer.Slice(Headroom, consumed).CopyTo(_collected.AsSpan(_collectedLength));
        _collectedLength += consumed;
        KeepTail(window[..(window.Length - fresh + consumed)], opening.Length);
        if (_collectedLength < wanted)
            return false;
        Complete();
        return true;
    }

    private void Complete()
    {
        if (!secret.Known)
        {
            secret.Trust(_collected.AsSpan(0, Handshake.SecretLength));
            _nonceAt = Handshake.SecretLength;
        }
        else
        {
            _nonceAt = 0;
        }
        _collecting = false;
        _tailLength = 0;
    }

    private void KeepTail(ReadOnlySpan<byte> window, int opening)
    {
        _tailLength = Math.Min(opening - 1, window.Length);
        window[^_tailLength..].CopyTo(_tail);
    }
}
