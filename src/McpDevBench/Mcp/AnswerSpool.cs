using McpDevBench.Files;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Mcp;

/// <summary>
/// Files for answers whose clients read slowly: the memory of such an answer is free for others, and the file is sent at the client's pace.
/// </summary>
/// <param name="folder">The server's state folder.</param>
/// <param name="isDiskLow">The folder's disk has no room but its reserve, which is not for answers.</param>
internal sealed class AnswerSpool(string folder, Func<bool> isDiskLow)
{
    /// <summary>Bytes of all answers in files. What does not fit waits in memory.</summary>
    private const long MaxBytes = 512 << 20;

    private const int MaxAtOnce = 256;

    private readonly SemaphoreSlim _places = new(MaxAtOnce, MaxAtOnce);
    private long _bytes;

    private bool IsDiskLow => isDiskLow();

    /// <returns>Null: there is no room for another one.</returns>
    public SpooledAnswer? TryCreate()
    {
        if (isDiskLow() || !_places.Wait(0))
            return null;
        try
        {
            return new SpooledAnswer(this, UnnamedFile.Create(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _places.Release();
            return null;
        }
    }

    /// <summary>What is appended is read in the same order.</summary>
    internal sealed class SpooledAnswer(AnswerSpool spool, SafeFileHandle file) : IDisposable
    {
        private long _written, _read;
        private bool _isDisposed;

        /// <returns>Whether there was room. If not, nothing was appended.</returns>
        public bool TryAppend(ReadOnlySpan<byte> bytes)
        {
            if (spool.IsDiskLow)
                return false;
            if (Interlocked.Add(ref spool._bytes, bytes.Length) > MaxBytes)
            {
                Interlocked.Add(ref spool._bytes, -bytes.Length);
                return false;
            }
            try
            {
                RandomAccess.Write(file, bytes, _written);
                _written += bytes.Length;
                return true;
            }
            catch (IOException)
            {
                Interlocked.Add(ref spool._bytes, -bytes.Length);
                return false;
            }
        }

        /// <returns>Bytes read; 0 at the end.</returns>
        public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var count = (int)Math.Min(buffer.Length, _written - _read);
            if (count == 0)
                return 0;
            var read = await RandomAccess.ReadAsync(file, buffer[..count], _read, cancellationToken);
            _read += read;
            return read;
        }

        public void Dispose()
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            file.Dispose();
            Interlocked.Add(ref spool._bytes, -_written);
            spool._places.Release();
        }
    }
}
