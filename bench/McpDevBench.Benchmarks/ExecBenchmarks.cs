using System.Text;
using BenchmarkDotNet.Attributes;
using McpDevBench.Execs;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Benchmarks;

/// <summary>
/// The output of a command: into the log on disk, and out of it as a page. Measured against the same bytes through the system call alone.
/// </summary>
public class ExecBenchmarks
{
    private const int Small = 100, Large = 64 << 10, Page = 16 << 10;
    private const long MaxBytes = 16 << 20;

    private readonly byte[] _small = new byte[Small], _large = new byte[Large], _page = new byte[Page];
    private readonly PollRequest _request = new() { ExecId = "e_1", MaxBytes = Page };
    private DirectoryInfo _folder = null!;
    private OutputLog _log = null!, _full = null!;
    private SafeFileHandle _file = null!;
    private string _path = null!;
    private long _position;

    [GlobalSetup]
    public void Open()
    {
        foreach (var buffer in new[] { _small, _large })
            buffer.AsSpan().Fill((byte)'a');
        _folder = Directory.CreateTempSubdirectory("devbench-");
        _log = new OutputLog(Path.Combine(_folder.FullName, "log"), MaxBytes);
        _full = new OutputLog(Path.Combine(_folder.FullName, "full"), MaxBytes);
        _path = Path.Combine(_folder.FullName, "file");
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        for (var written = 0; written < 1 << 20; written += Small)
            _full.Append(1, 1, _small);
        Write(_large);
    }

    [GlobalCleanup]
    public void Close()
    {
        _log.Dispose();
        _full.Dispose();
        _file.Dispose();
        _folder.Delete(recursive: true);
    }

    [BenchmarkCategory("small"), Benchmark(Baseline = true, Description = "write 100 bytes to a file")]
    public void WriteSmall() => Write(_small);

    [BenchmarkCategory("small"), Benchmark(Description = "append 100 bytes to the log")]
    public void AppendSmall() => _log.Append(1, 1, _small);

    [BenchmarkCategory("large"), Benchmark(Baseline = true, Description = "write 64 KiB to a file")]
    public void WriteLarge() => Write(_large);

    [BenchmarkCategory("large"), Benchmark(Description = "append 64 KiB to the log")]
    public void AppendLarge() => _log.Append(1, 1, _large);

    [BenchmarkCategory("page"), Benchmark(Baseline = true, Description = "read 16 KiB of a file as text")]
    public int Read()
    {
        using var file = File.OpenHandle(_path);
        return Encoding.UTF8.GetString(_page, 0, RandomAccess.Read(file, _page, 0)).Length;
    }

    [BenchmarkCategory("page"), Benchmark(Description = "read a page of 16 KiB from the log, in pieces of 100 bytes")]
    public int ReadPage() => OutputPager.Page(_full, _request).Messages.Count;

    /// <summary>To the end of a file that begins anew when the log would, so that both have the same new blocks to find.</summary>
    private void Write(byte[] content)
    {
        if (_position > MaxBytes)
            RandomAccess.SetLength(_file, _position = 0);
        RandomAccess.Write(_file, content, _position);
        _position += content.Length;
    }
}
