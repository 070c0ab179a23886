using System.Net.Sockets;

namespace McpDevBench.EndToEndTests.Machine;

/// <summary>A way to the Docker socket that can be cut, or fall silent.</summary>
internal sealed class EngineProxy : IDisposable
{
    private readonly string _path;
    private readonly string _engine;
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private Socket? _listener;
    private volatile bool _isSilent;
    private volatile byte[]? _muted;
    private volatile Action<Memory<byte>> _rewrite = _ => { };

    public EngineProxy(string path, string engine)
    {
        (_path, _engine) = (path, engine);
        Restore();
    }

    /// <summary>Ends every connection, and takes no new ones.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            File.Delete(_path);
            foreach (var socket in _open)
                socket.Dispose();
            _open.Clear();
        }
    }

    /// <summary>Ends every connection, and takes new ones that nothing comes out of.</summary>
    public void FallSilent()
    {
        Cut();
        _isSilent = true;
        Restore();
    }

    public void Restore()
    {
        lock (_lock)
        {
            _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(new UnixDomainSocketEndPoint(_path));
            _listener.Listen();
            _ = AcceptAsync(_listener);
        }
    }

    /// <summary>Lets everything through again.</summary>
    public void Recover()
    {
        Cut();
        _isSilent = false;
        Restore();
    }

    /// <summary>From now on, a request with the text reaches the engine, and nothing that is sent behind it.</summary>
    public void Mute(string text)
    {
        _muted = System.Text.Encoding.ASCII.GetBytes(text);
        Cut();
        Restore();
    }

    /// <summary>From now on, what the engine answers can be changed in place, piece by piece.</summary>
    public void Rewrite(Action<Memory<byte>> rewrite) => _rewrite = rewrite;

    public void Dispose() => Cut();

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
                _ = ForwardAsync(await listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using var engine = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        lock (_lock)
            _open.AddRange([client, engine]);
        try
        {
            if (_isSilent)
                return;
            await engine.ConnectAsync(new UnixDomainSocketEndPoint(_engine));
            await Task.WhenAll(CopyAsync(client, engine, _muted), CopyAsync(engine, client, rewrite: _rewrite));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Cut, or one side has ended.
        }
        finally
        {
            if (!_isSilent)
                client.Dispose();
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, byte[]? muted = null, Action<Memory<byte>>? rewrite = null)
    {
        var buffer = new byte[64 << 10];
        var isMuted = false;
        for (int count; (count = await from.ReceiveAsync(buffer)) > 0;)
        {
            if (isMuted)
                continue;
            rewrite?.Invoke(buffer.AsMemory(0, count));
            // A connection carries one request after the other.
            isMuted = muted is not null && buffer.AsSpan(0, count).IndexOf(muted) >= 0;
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
        }
        to.Shutdown(SocketShutdown.Send);
    }
}
