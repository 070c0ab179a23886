using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Sessions;

/// <summary>The secret of the first handshake, which every later one must know.</summary>
internal sealed class TrustedSecret
{
    private readonly byte[] _opening = new byte[Handshake.MagicLength + Handshake.SecretLength];

    public TrustedSecret() => Handshake.ServerMagic.CopyTo(_opening);

    public bool Known { get; private set; }

    /// <summary>Magic and, once known, secret: what a handshake begins with.</summary>
    public ReadOnlySpan<byte> Opening => Known ? _opening : _opening.AsSpan(0, Handshake.MagicLength);

    public void Trust(ReadOnlySpan<byte> secret)
    {
        secret.CopyTo(_opening.AsSpan(Handshake.MagicLength));
        Known = true;
    }

    /// <summary>In constant time.</summary>
    public bool Matches(ReadOnlySpan<byte> opening)
    {
        var difference = Known ? 0 : 1;
        for (var i = 0; i < _opening.Length; i++)
            difference |= _opening[i] ^ opening[i];
        return difference == 0;
    }
}
