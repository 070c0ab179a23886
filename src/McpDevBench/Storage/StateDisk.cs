using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Storage;

/// <summary>
/// Keeps room on the disk with the server's state. A reserve file is given up when the disk is nearly full: from then on, until there is
/// room again, only what reads or ends something is done, and kill, cancel and the audit record have the reserve's bytes.
/// </summary>
internal sealed partial class StateDisk
{
    /// <summary>On a small disk the reserve is at most this part of it.</summary>
    private const int MinDiskPerReserve = 16;

    /// <summary>The reserve is made again once this many times its size is free.</summary>
    private const int FreePerReserve = 3;

    private readonly Lock _checking = new();
    private readonly DriveInfo _disk;
    private readonly string _reserve;
    private readonly long _maxReserveBytes;
    private readonly StorageMetrics _metrics;
    private readonly ILogger<StateDisk> _logger;
    private volatile bool _isLow;

    /// <summary>Makes the reserve, unless the disk is nearly full already.</summary>
    /// <exception cref="RequestException">server_error: the folder cannot be written.</exception>
    public StateDisk(StorageOptions options, MetricCatalogue metrics, ILogger<StateDisk> logger)
    {
        (_metrics, _logger, _maxReserveBytes) = (metrics.Storage, logger, options.ReserveBytes);
        try
        {
            Directory.CreateDirectory(options.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Database.Unusable(options, $"its folder cannot be written ({e.Message})", e);
        }
        (_disk, _reserve) = (new DriveInfo(options.Folder), Path.Combine(options.Folder, "reserve"));
        // Of an earlier server, perhaps with another size.
        File.Delete(_reserve);
        _isLow = true;
        Check();
    }

    /// <summary>Whether the reserve is in use.</summary>
    public bool IsLow => _isLow;

    /// <summary>Checks whether there is room for something new.</summary>
    /// <exception cref="RequestException">resource_exhausted: the disk is nearly full.</exception>
    public void Require()
    {
        Check();
        if (_isLow)
            throw new RequestException(
                ErrorCode.ResourceExhausted,
                $"The disk with the server's state is nearly full: {_disk.AvailableFreeSpace >> 20} MiB are free.",
                "kill, exec_cancel and everything that reads still work. "
                    + "Ask the operator to make room on the server's disk, then call again.",
                retryable: true) { Rule = "state_disk" };
    }

    /// <summary>Gives up the reserve, for a write that found the disk full.</summary>
    /// <returns>Whether there was one, so that the write is worth repeating.</returns>
    public bool MakeRoom()
    {
        lock (_checking)
        {
            if (_isLow)
                return false;
            GiveUp();
            return true;
        }
    }

    /// <summary>For the readiness check.</summary>
    public Health Describe()
    {
        Check();
        var room = $"{_disk.AvailableFreeSpace >> 20} of {_disk.TotalSize >> 20} MiB are free on the disk with the server's state.";
        return new Health(!_isLow, _isLow ? $"{room} New workspaces, commands and writes are rejected until there is room." : room);
    }

    /// <summary>Gives up the reserve, or makes it again, as the room on the disk is.</summary>
    public void Check()
    {
        lock (_checking)
        {
            var (free, total) = (_disk.AvailableFreeSpace, _disk.TotalSize);
            var size = Math.Min(_maxReserveBytes, total / MinDiskPerReserve);
            _metrics.DiskMeasured(free, total);
            if (!_isLow && free < size)
                GiveUp();
            else if (_isLow && free >= FreePerReserve * size)
                Make(size);
        }
    }

    private void GiveUp()
    {
        File.Delete(_reserve);
        _isLow = true;
        _metrics.DiskLow(true);
        LogLow(_logger, _disk.AvailableFreeSpace);
    }

    private void Make(long size)
    {
        try
        {
            using (File.OpenHandle(_reserve, FileMode.Create, FileAccess.Write, preallocationSize: size))
            {
                _isLow = false;
                _metrics.DiskLow(false);
            }
        }
        catch (IOException e)
        {
            // Filled up in the meantime: the next check tries again.
            LogNoReserve(_logger, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Error, "State disk nearly full; rejecting new work")]
    private static partial void LogLow(ILogger logger, long freeBytes);

    [LoggerMessage(LogLevel.Warning, "Reserve on the state disk could not be made")]
    private static partial void LogNoReserve(ILogger logger, string reason);
}
