using System.Buffers.Binary;
using System.Collections;
using PSIpc.Core;
using PSIpc.Core.Channels;
using PSIpc.Core.Processes;
using PSIpc.Core.Waiting;
using static PSIpc.PSObjectValue;

namespace PSIpc;

/// <summary>What a parent asks of its child: the first message of their link.</summary>
internal sealed class ProcessTask
{
    private object?[] _arguments = [];
    private Hashtable _parameters = [];
    private Hashtable _using = [];

    // In the child, until they are asked for: they may be of classes that its initialization script defines.
    private ReadOnlyMemory<byte> _values;

    /// <summary>The script, or the full path of a script file as its text.</summary>
    public required ScriptSource Script { get; init; }

    public bool IsFile { get; init; }

    /// <summary>The arguments of the script, by position.</summary>
    public object?[] Arguments
    {
        get => Loaded()._arguments;
        init => _arguments = value;
    }

    /// <summary>The arguments of the script by name.</summary>
    public Hashtable Parameters
    {
        get => Loaded()._parameters;
        init => _parameters = value;
    }

    /// <summary>Values of <c>$using:</c> by the key under which the engine looks them up.</summary>
    public Hashtable Using
    {
        get => Loaded()._using;
        init => _using = value;
    }

    public SessionSetup Setup { get; init; } = new();

    public bool IsDetached { get; init; }

    /// <summary>The caller's folder, drives and cultures, for the script.</summary>
    public CallerSession Session { get; init; } = new();

    /// <summary>Ends what was passed on to a process that is gone and had not taken it: ends of pipes and subscriptions among the arguments.</summary>
    public void CloseUntaken()
    {
        foreach (object? value in Arguments.Concat(Parameters.Values.Cast<object?>()).Concat(Using.Values.Cast<object?>()))
        {
            try
            {
                (Unwrap(value) as IpcChannel)?.CloseUntaken();
            }
            catch (IpcException)
            {
                // Removed or damaged: nobody waits for it.
            }
        }
    }

    /// <summary>Sends the task; the child is not there yet and will find it.</summary>
    public void Send(ProcessLink link, WriteOptions options)
    {
        IIpcSerializer serializer = IpcSerializers.Get(IpcSerializers.DefaultName);
        var head = new Hashtable(StringComparer.Ordinal)
        {
            [nameof(Script)] = Script.ToData(),
            [nameof(IsFile)] = IsFile,
            [nameof(Setup)] = Setup.ToData(),
            [nameof(IsDetached)] = IsDetached,
            [nameof(Session)] = Session.ToData(),
        };
        object?[] values = [Arguments, Using, Parameters];
        MessageBuffer buffer = MessageBuffer.Rent(options);
        try
        {
            IpcServers.WriteInheritance(buffer);
            int start = buffer.Length;
            buffer.GetSpan(sizeof(int));
            buffer.Advance(sizeof(int));
            serializer.Serialize(head, buffer, IpcSerializers.DefaultDepth);
            BinaryPrimitives.WriteInt32LittleEndian(buffer.Edit(start), buffer.Length - start - sizeof(int));
            serializer.Serialize(values, buffer, IpcSerializers.DefaultDepth + 2);
            buffer.HoldsSecrets |= Setup.HoldsSecrets;
            link.SendToChild(buffer.Written, buffer.Stamp(serializer.Format), Deadline.Never, default);
        }
        finally
        {
            buffer.Return();
        }
    }

    /// <summary>Reads the task.</summary>
    public static ProcessTask Receive(ProcessLink link)
    {
        var message = new ReceivedMessage();
        link.ReceiveFromParent(message, Deadline.Never, default);

        // First, since the task may refer to what is on a server.
        ReadOnlyMemory<byte> body = message.Body;
        IpcServers.ReadInheritance(ref body);
        int length = body.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(body.Span);
        if (length < 0 || length > body.Length - sizeof(int)
            || Unwrap(IpcSerializers.Get(message.Stamp.Format).Deserialize(body.Slice(sizeof(int), length))) is not Hashtable data)
        {
            throw new IpcException(IpcErrorKind.CorruptData, Messages.ProcessTaskInvalid, link.Name);
        }

        var task = new ProcessTask
        {
            Script = ScriptSource.FromData(data[nameof(Script)]),
            IsFile = (bool)Unwrap(data[nameof(IsFile)])!,
            Setup = SessionSetup.FromData((object?[])Unwrap(data[nameof(Setup)])!),
            IsDetached = (bool)Unwrap(data[nameof(IsDetached)])!,
            Session = CallerSession.FromData(data[nameof(Session)]),
            _values = body[(sizeof(int) + length)..],
        };
        return task.IsDetached ? task.Loaded() : task; // What a detached process refers to may end with its parent.
    }

    /// <summary>Reads the values if they have not been read.</summary>
    private ProcessTask Loaded()
    {
        if (!_values.IsEmpty)
        {
            ReadOnlyMemory<byte> bytes = _values;
            _values = default;
            SecretBuffers.Begin();
            var values = (object?[])ScriptValues.Read(IpcSerializers.Get(IpcSerializers.DefaultName), bytes)!;
            SecretBuffers.ClearIfRead(bytes);
            (_arguments, _using, _parameters) = ((object?[])Unwrap(values[0])!, (Hashtable)Unwrap(values[1])!, (Hashtable)Unwrap(values[2])!);
            foreach (object? value in _arguments.Concat(_parameters.Values.Cast<object?>()).Concat(_using.Values.Cast<object?>()))
            {
                MissingIpcObject.ThrowIfMissing(value);
            }
        }

        return this;
    }
}
