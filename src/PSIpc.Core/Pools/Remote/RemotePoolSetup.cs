namespace PSIpc.Core.Pools.Remote;

/// <summary>What a host needs to run items of a caller: once a caller.</summary>
/// <param name="MaxTasksPerWorker">Items after which a worker is replaced; 0 for never.</param>
/// <param name="MaxWorkerMemory">Bytes above which a worker is replaced; 0 for no limit.</param>
/// <param name="Setup">What each worker is told before it is ready.</param>
internal sealed record RemotePoolSetup(long MaxTasksPerWorker, long MaxWorkerMemory, ReadOnlyMemory<byte> Setup)
{
    public void WriteTo(BodyWriter writer)
    {
        writer.Long(MaxTasksPerWorker);
        writer.Long(MaxWorkerMemory);
        writer.Bytes(Setup.Span);
    }

    public static RemotePoolSetup Read(ref BodyReader reader) => new(reader.Long(), reader.Long(), reader.Bytes().ToArray());
}

/// <summary>What a host needs to run items of a call: once a call.</summary>
/// <param name="HasEnd">Whether each worker has something to run after its last item.</param>
/// <param name="IsForgottenAtOnce">Whether workers are told at once when the call is over.</param>
/// <param name="IsRetried">Whether its items are run again when a host is lost.</param>
/// <param name="TaskTimeout">The longest time of an item; zero for no limit.</param>
/// <param name="Setup">What its items are run with.</param>
internal sealed record RemoteCallSetup(bool HasEnd, bool IsForgottenAtOnce, bool IsRetried, TimeSpan TaskTimeout, ReadOnlyMemory<byte> Setup)
{
    public void WriteTo(BodyWriter writer)
    {
        writer.Byte((byte)((HasEnd ? 1 : 0) | (IsForgottenAtOnce ? 2 : 0) | (IsRetried ? 4 : 0)));
        writer.Long(TaskTimeout.Ticks);
        writer.Bytes(Setup.Span);
    }

    public static RemoteCallSetup Read(ref BodyReader reader)
    {
        byte flags = reader.Byte();
        return new((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, TimeSpan.FromTicks(reader.Long()), reader.Bytes().ToArray());
    }
}
