using System.Management.Automation;
using PSIpc.Core;

namespace PSIpc;

/// <summary>What other unpicklers import, call and build.</summary>
internal sealed partial class PickleReader
{
    private bool TryObject(byte opcode, ref PickleInput input)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                string module = input.Text();
                PushGlobal(module, input.Text());
                return true;
            case PickleOpcode.StackGlobal:
                string name = TextOf(_stack.Pop(out _));
                PushGlobal(TextOf(_stack.Pop(out _)), name);
                return true;
            case PickleOpcode.Reduce:
                PythonTuple arguments = PopArguments(out int node);
                Call(_stack.Pop(out int callableNode), callableNode, arguments, node, isNew: false);
                return true;
            case PickleOpcode.NewObj:
                PythonTuple parts = PopArguments(out int partsNode);
                Call(_stack.Pop(out int classNode), classNode, parts, partsNode, isNew: true);
                return true;
            case PickleOpcode.NewObjEx:
                MakeWithKeywords();
                return true;
            case PickleOpcode.Inst:
                string instanceModule = input.Text();
                PythonGlobal instance = PythonGlobal.Find(instanceModule, input.Text(), _allowUnknown);
                MakeTuple(_stack.TakeMark());
                Make(instance, PopArguments(out int instanceNode), instanceNode);
                return true;
            case PickleOpcode.Obj:
                MakeTuple(_stack.TakeMark() - 1);
                PythonTuple rest = PopArguments(out int restNode);
                Call(_stack.Pop(out int objectNode), objectNode, rest, restNode, isNew: false);
                return true;
            case PickleOpcode.Build:
                Build();
                return true;
            case PickleOpcode.PersId when _allowUnknown:
                PushPersistent(input.Text(), PickleStack.Leaf);
                return true;
            case PickleOpcode.BinPersId when _allowUnknown:
                object? id = _stack.Pop(out int idNode);
                PushPersistent(id, idNode);
                return true;
            case PickleOpcode.PersId or PickleOpcode.BinPersId:
                throw new FormatException(Messages.ReasonPicklePersistentId);
            case PickleOpcode.NextBuffer or PickleOpcode.ReadOnlyBuffer:
                throw new FormatException(Messages.ReasonPickleOutOfBand);
            case PickleOpcode.Ext1:
                PushExtension(input.Byte());
                return true;
            case PickleOpcode.Ext2:
                PushExtension(input.UInt16());
                return true;
            case PickleOpcode.Ext4:
                PushExtension(input.UInt32());
                return true;
            default:
                return false;
        }
    }

    private static string TextOf(object? value) => value as string ?? throw new FormatException(Messages.ReasonPickleNameNoText);

    private PythonTuple PopArguments(out int node) =>
        _stack.Pop(out node) as PythonTuple ?? throw new FormatException(Messages.ReasonPickleArgumentsNoTuple);

    /// <summary>
    /// Puts a name on top. Where unknown classes are data, a name can be a value too, a function for instance: then a description is there, and
    /// <see cref="Resolve(object?)"/> gives what it describes.
    /// </summary>
    private void PushGlobal(string module, string name)
    {
        PythonGlobal global = PythonGlobal.Find(module, name, _allowUnknown);
        if (!_allowUnknown)
        {
            _stack.Push(global, PickleStack.Internal);
            return;
        }

        if (!_names.TryGetValue(global.FullName, out PSObject? description))
        {
            _names[global.FullName] = description = UnknownObject.Describe(global);
            _described[description] = global;
        }

        _stack.Push(description);
    }

    private void PushExtension(uint code)
    {
        if (!_allowUnknown)
        {
            throw PickleErrors.NotAllowed(Messages.PickleExtensionCode.With(code));
        }

        PushGlobal("copyreg", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"extension_{code}"));
    }

    private void PushPersistent(object? id, int node)
    {
        if (node == PickleStack.Internal)
        {
            throw new FormatException(Messages.ReasonPicklePersistentId);
        }

        _stack.PushContainer(UnknownObject.Create("pickle.persistent_id", [id]), _stack.HeightAt(node));
    }

    /// <summary>What a description stands for; any other value itself.</summary>
    private object? Resolve(object? value) => value is PSObject description && _described.TryGetValue(description, out object? described) ? described : value;

    private PythonTuple Resolve(PythonTuple arguments)
    {
        foreach (object? argument in arguments.Items)
        {
            if (!ReferenceEquals(Resolve(argument), argument))
            {
                return new PythonTuple(Array.ConvertAll(arguments.Items.ToArray(), Resolve), arguments.Weight);
            }
        }

        return arguments;
    }

    /// <summary>Calls a name, or makes an object of a class. What is neither is not called: where unknown classes are data, the call is described.</summary>
    private void Call(object? callable, int callableNode, PythonTuple arguments, int node, bool isNew)
    {
        if (Resolve(callable) is PythonGlobal global)
        {
            if (isNew)
            {
                MakeNew(global, arguments, node);
            }
            else
            {
                Make(global, arguments, node);
            }
        }
        else if (_allowUnknown && callable is PSObject result && callableNode != PickleStack.Internal)
        {
            RequireValues(node);
            Charge(arguments.Count);
            _stack.PushContainer(UnknownObject.DescribeCall(result, arguments.Items), Math.Max(_stack.HeightAt(node), _stack.HeightAt(callableNode)));
        }
        else
        {
            throw new FormatException(Messages.ReasonPickleCalls.With(NameOf(callable)));
        }
    }

    /// <summary>Makes what a name on the list stands for, and puts it on top. Where unknown classes are data, a value that .NET cannot have is described.</summary>
    private void Make(PythonGlobal global, PythonTuple arguments, int node)
    {
        if (global.Kind == PythonKind.Unknown)
        {
            PushUnknown(global, arguments, node);
        }
        else if (!_allowUnknown)
        {
            MakeKnown(global, arguments, node);
        }
        else
        {
            try
            {
                MakeKnown(global, Resolve(arguments), node);
            }
            catch (Exception e) when (IsNoValue(e) && node != PickleStack.Internal)
            {
                PushUnknown(global, PythonTime.Described(global, arguments), node);
            }
        }
    }

    /// <summary>Whether an exception tells of arguments that make no value here.</summary>
    private static bool IsNoValue(Exception e) => e is FormatException or ArgumentException or OverflowException or InvalidCastException or IpcException;

    private void MakeKnown(PythonGlobal global, PythonTuple arguments, int node)
    {
        switch (global.Kind)
        {
            case PythonKind.Reconstructor:
                Reconstruct(arguments);
                break;
            case PythonKind.NewObject when arguments.Count > 0 && arguments[0] is PythonGlobal made:
                MakeNew(made, TupleOf(arguments.Items[1..]), node);
                break;
            case PythonKind.GetAttribute when arguments.Count == 2 && arguments[0] is PythonGlobal { Kind: PythonKind.ZoneInfo } && arguments[1] is "_unpickle":
                PushGlobal("zoneinfo", "ZoneInfo._unpickle");
                break;
            case PythonKind.DateUtilZone:
                _stack.Push(new UnfinishedZone(global, arguments), PickleStack.Internal);
                break;
            case PythonKind.NumPyReconstruct when arguments.Count > 0 && arguments[0] is PythonGlobal { Kind: PythonKind.NumPyArray } array:
                _stack.Push(new UnfinishedArray(array), PickleStack.Internal);
                break;
            case PythonKind.NumPyDType:
                PushDType(global, arguments);
                break;
            case PythonKind.DefaultDict when arguments.Count == 0 || (arguments.Count == 1 && (_allowUnknown || arguments[0] is null or PythonGlobal)):
                _stack.PushContainer(new PythonDict()); // Without its factory, which is code.
                break;
            case PythonKind.Counter when arguments.Count == 1 && arguments[0] is PythonDict counts:
                RequireValues(node);
                _stack.PushContainer(counts, _stack.HeightAt(node));
                break;
            case PythonKind.Set or PythonKind.FrozenSet or PythonKind.OrderedDict or PythonKind.Deque:
                RequireValues(node);
                _stack.PushContainer(PythonConstructors.Make(this, global, arguments)!, _stack.HeightAt(node));
                break;
            default:
                _stack.Push(PythonConstructors.Make(this, global, arguments));
                break;
        }
    }

    private void PushDType(PythonGlobal global, PythonTuple arguments)
    {
        var dtype = NumPyDType.Create(arguments);
        if (!_allowUnknown)
        {
            _stack.Push(dtype, PickleStack.Internal);
            return;
        }

        PSObject description = UnknownObject.Create(global.FullName, arguments.Items[..1]);
        _described[description] = dtype;
        _stack.PushContainer(description);
    }

    private void MakeNew(PythonGlobal global, PythonTuple arguments, int node)
    {
        if (global.Kind == PythonKind.Uuid)
        {
            _stack.Push(new UnfinishedUuid(global), PickleStack.Internal);
        }
        else
        {
            Make(global, arguments, node);
        }
    }

    /// <summary>An object of protocols 0 and 1: its class, the built-in class below that, and the value of that.</summary>
    private void Reconstruct(PythonTuple arguments)
    {
        if (arguments.Count != 3 || Resolve(arguments[0]) is not PythonGlobal global)
        {
            throw new FormatException(Messages.ReasonPickleReconstructor);
        }

        bool isTuple = arguments[2] is PythonTuple && global.Kind == PythonKind.Unknown;
        MakeNew(global, isTuple ? (PythonTuple)arguments[2]! : PythonTuple.Empty, PickleStack.Leaf);
    }

    private void MakeWithKeywords()
    {
        object? keywords = _stack.Pop(out int keywordsNode);
        PythonTuple arguments = PopArguments(out int node);
        object? callable = _stack.Pop(out _);
        PythonGlobal global = Resolve(callable) as PythonGlobal ?? throw new FormatException(Messages.ReasonPickleCalls.With(NameOf(callable)));
        if (!_allowUnknown)
        {
            throw PickleErrors.NotAllowed(global.FullName, Messages.PickleWithNamedArguments);
        }

        PushUnknown(global, arguments, node);
        _stack.Push(keywords, keywordsNode);
        Build();
    }

    private void PushUnknown(PythonGlobal global, PythonTuple arguments, int node)
    {
        RequireValues(node);
        Charge(arguments.Count);
        _stack.PushContainer(UnknownObject.Create(global.FullName, arguments.Items), _stack.HeightAt(node));
    }

    private static void RequireValues(int node)
    {
        if (node == PickleStack.Internal)
        {
            throw new FormatException(Messages.ReasonPickleObjectOfClass);
        }
    }

    /// <summary>Fills an object that was made empty.</summary>
    private void Build()
    {
        object? target = _stack.TopMost(2)[0];
        if (target is PSObject)
        {
            _stack.Contain(1);
        }

        object? state = _stack.Pop(out int stateNode);
        switch (Resolve(target))
        {
            case UnfinishedObject unfinished:
                Finish(unfinished, state, stateNode);
                break;
            case NumPyDType dtype when target is PSObject description:
                UnknownObject.Build(description, state, this);
                if (!dtype.TrySetState(state))
                {
                    _described.Remove(description);
                }

                break;
            case NumPyDType dtype:
                dtype.SetState(state);
                break;
            case PSObject or PythonGlobal when target is PSObject unknown:
                UnknownObject.Build(unknown, state, this);
                break;
            case not PythonGlobal when _allowUnknown:
                break; // Attributes of a subclass of what is a value here.
            default:
                throw new FormatException(Messages.ReasonPickleSetsState.With(NameOf(target)));
        }
    }

    private void Finish(UnfinishedObject unfinished, object? state, int stateNode)
    {
        object? value;
        int node = PickleStack.Leaf;
        try
        {
            value = unfinished switch
            {
                UnfinishedUuid => PythonConstructors.Uuid(state),
                UnfinishedZone zone => PythonZones.FromState(zone, state),
                _ => NumPyArrays.FromState(this, state is PythonTuple tuple ? Resolve(tuple) : state),
            };
        }
        catch (Exception e) when (_allowUnknown && IsNoValue(e) && stateNode != PickleStack.Internal)
        {
            PSObject unknown = UnknownObject.Create(unfinished.Global.FullName, []);
            UnknownObject.Build(unknown, state, this);
            value = unknown;
            node = _stack.NodeAbove(_stack.HeightAt(stateNode));
        }

        unfinished.Finish(_memo, value, node);
        _stack.Replace(value, node);
    }
}
