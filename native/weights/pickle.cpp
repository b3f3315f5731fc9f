// Python's pickle as a stack machine that only builds data:
// https://docs.python.org/3/library/pickletools.html
#include "weights/pickle.h"

#include <bit>
#include <unordered_map>

#include "core/error.h"
#include "weights/pickle_objects.h"

namespace stego {

namespace {

constexpr uint64_t kMaximumBytes = 64u << 20;
constexpr uint64_t kMaximumOperations = 8u << 20;

using Kind = PickleValue::Kind;

class Machine {
 public:
  explicit Machine(ByteSource& source)
      : source_(source), start_(source.position()), builder_(source.path()) {}

  Pickle run() {
    for (uint64_t operations = 0; !step(source_.byte()); ++operations) {
      if (operations == kMaximumOperations || source_.position() - start_ > kMaximumBytes) {
        fail("its pickle is larger than any description of weights");
      }
    }
    Pickle result = builder_.finish(pop());
    result.persistents = std::move(persistents_);
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const { damaged(source_.path(), reason); }

  // One operation; true at the end of the pickle.
  bool step(uint8_t code) {
    switch (code) {
      case '.':
        return true;
      case 0x80:  // PROTO
        if (source_.byte() > 5) fail("its pickle has an unknown protocol");
        return false;
      case 0x95:  // FRAME
        source_.little_endian(8);
        return false;
      default:
        if (!constant(code) && !container(code) && !memory(code) && !call(code)) {
          fail(text("its pickle has the operation ", static_cast<int>(code), ", which weights do not need"));
        }
        return false;
    }
  }

  // None, booleans, numbers, text and bytes.
  bool constant(uint8_t code) {
    switch (code) {
      case 'N':
        return push(builder_.constant(Kind::none, 0));
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        return push(builder_.constant(Kind::boolean, code == 0x88));
      case 'J':  // BININT
        return push(builder_.constant(Kind::integer, static_cast<int32_t>(source_.little_endian(4))));
      case 'K':  // BININT1
        return push(builder_.constant(Kind::integer, source_.byte()));
      case 'M':  // BININT2
        return push(builder_.constant(Kind::integer, static_cast<int64_t>(source_.little_endian(2))));
      case 0x8a:  // LONG1
        return push(builder_.little_endian_integer(source_.take(source_.byte())));
      case 0x8b:  // LONG4
        return push(builder_.little_endian_integer(source_.take(source_.little_endian(4))));
      case 'I':
      case 'L':
        return push(builder_.decimal_integer(source_.line()));
      case 'G':  // BINFLOAT, big-endian
        return push(builder_.real(std::bit_cast<double>(__builtin_bswap64(source_.little_endian(8)))));
      case 'F':
        return push(builder_.decimal_real(source_.line()));
      case 'X':  // BINUNICODE
        return push_text(4);
      case 0x8c:  // SHORT_BINUNICODE
        return push_text(1);
      case 0x8d:  // BINUNICODE8
        return push_text(8);
      case 'T':  // BINSTRING: text of Python 2
        return push_text(4);
      case 'U':  // SHORT_BINSTRING
        return push_text(1);
      case 'V':  // UNICODE
        return push(builder_.text(Kind::text, source_.line()));
      case 'S':  // STRING
        return push(builder_.text(Kind::text, unquoted(source_.line())));
      case 'B':  // BINBYTES
        return push_bytes(4);
      case 'C':  // SHORT_BINBYTES
        return push_bytes(1);
      case 0x8e:  // BINBYTES8
      case 0x96:  // BYTEARRAY8
        return push_bytes(8);
      default:
        return false;
    }
  }

  bool container(uint8_t code) {
    switch (code) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ']':   // EMPTY_LIST
      case ')':   // EMPTY_TUPLE
      case 0x8f:  // EMPTY_SET
        return push(builder_.make(Kind::list));
      case '}':  // EMPTY_DICT
        return push(builder_.make(Kind::dict));
      case 'l':   // LIST
      case 't':   // TUPLE
      case 0x91:  // FROZENSET
        return push_list(pop_to_mark());
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        return push_list(pop_many(code - 0x84));
      case 'd': {  // DICT
        const auto items = pop_to_mark();
        push(builder_.make(Kind::dict));
        add_entries(items);
        return true;
      }
      case 'a':  // APPEND
        add_items(pop_many(1));
        return true;
      case 'e':   // APPENDS
      case 0x90:  // ADDITEMS
        add_items(pop_to_mark());
        return true;
      case 's':  // SETITEM
        add_entries(pop_many(2));
        return true;
      case 'u':  // SETITEMS
        add_entries(pop_to_mark());
        return true;
      default:
        return false;
    }
  }

  // The stack and the memo.
  bool memory(uint8_t code) {
    switch (code) {
      case '0':  // POP
        if (!marks_.empty() && marks_.back() == stack_.size()) {
          marks_.pop_back();
        } else {
          pop();
        }
        return true;
      case '1':  // POP_MARK
        pop_to_mark();
        return true;
      case '2':  // DUP
        return push(top());
      case 'p':  // PUT
        memo_[line_index()] = top();
        return true;
      case 'q':  // BINPUT
        memo_[source_.byte()] = top();
        return true;
      case 'r':  // LONG_BINPUT
        memo_[source_.little_endian(4)] = top();
        return true;
      case 0x94:  // MEMOIZE
        memo_.emplace(memo_.size(), top());
        return true;
      case 'g':  // GET
        return push(recall(line_index()));
      case 'h':  // BINGET
        return push(recall(source_.byte()));
      case 'j':  // LONG_BINGET
        return push(recall(source_.little_endian(4)));
      default:
        return false;
    }
  }

  // Classes, functions, calls and what is stored elsewhere.
  bool call(uint8_t code) {
    switch (code) {
      case 'c': {  // GLOBAL
        const std::string module = source_.line();
        return push(builder_.global(module, source_.line()));
      }
      case 0x93: {  // STACK_GLOBAL
        const auto names = pop_many(2);
        if (!names[0]->is(Kind::text) || !names[1]->is(Kind::text)) fail("a class in its pickle has no name");
        return push(builder_.global(names[0]->text, names[1]->text));
      }
      case 'R':     // REDUCE
      case 0x81: {  // NEWOBJ
        const auto parts = pop_many(2);
        return push(builder_.call(parts[0], parts[1]));
      }
      case 0x92: {  // NEWOBJ_EX, keyword arguments last
        const auto parts = pop_many(3);
        return push(builder_.call(parts[0], parts[1]));
      }
      case 'o': {  // OBJ
        auto parts = pop_to_mark();
        if (parts.empty()) fail("an object in its pickle has no class");
        PickleValue* callable = parts.front();
        parts.erase(parts.begin());
        return push(builder_.call(callable, builder_.list(std::move(parts))));
      }
      case 'i': {  // INST
        const std::string module = source_.line();
        PickleValue* callable = builder_.global(module, source_.line());
        return push(builder_.call(callable, builder_.list(pop_to_mark())));
      }
      case 'b': {  // BUILD
        PickleValue* state = pop();
        if (top()->is(Kind::object)) top()->state = state;
        return true;
      }
      case 'Q':  // BINPERSID
        return push_persistent(pop());
      case 'P':  // PERSID
        return push_persistent(builder_.text(Kind::text, source_.line()));
      default:
        return false;
    }
  }

  bool push(PickleValue* value) {
    stack_.push_back(value);
    return true;
  }

  bool push_text(int length_bytes) {
    return push(builder_.text(Kind::text, source_.take(source_.little_endian(length_bytes))));
  }

  bool push_bytes(int length_bytes) {
    return push(builder_.text(Kind::bytes, source_.take(source_.little_endian(length_bytes))));
  }

  bool push_list(std::vector<PickleValue*> items) { return push(builder_.list(std::move(items))); }

  bool push_persistent(PickleValue* id) {
    PickleValue* value = builder_.make(Kind::persistent);
    value->args = id;
    persistents_.push_back(value);
    return push(value);
  }

  void add_items(const std::vector<PickleValue*>& items) {
    PickleValue* target = top();
    if (!target->is(Kind::list) && !target->is(Kind::object))
      fail("its pickle appends to what is not a list");
    target->items.insert(target->items.end(), items.begin(), items.end());
  }

  void add_entries(const std::vector<PickleValue*>& items) {
    PickleValue* target = top();
    if (!target->is(Kind::dict) && !target->is(Kind::object))
      fail("its pickle has entries outside a dictionary");
    if (items.size() % 2 != 0) fail("its pickle has a key without a value");
    for (size_t i = 0; i < items.size(); i += 2) target->entries.emplace_back(items[i], items[i + 1]);
  }

  // Values above the last mark can be taken, those below it belong to somebody else.
  size_t available() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

  PickleValue* top() const {
    if (available() == 0) fail("its pickle takes more values than it has");
    return stack_.back();
  }

  PickleValue* pop() {
    PickleValue* value = top();
    stack_.pop_back();
    return value;
  }

  std::vector<PickleValue*> pop_many(size_t count) {
    if (available() < count) fail("its pickle takes more values than it has");
    std::vector<PickleValue*> values(stack_.end() - static_cast<ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }

  std::vector<PickleValue*> pop_to_mark() {
    if (marks_.empty()) fail("its pickle closes what it has not opened");
    std::vector<PickleValue*> values = pop_many(available());
    marks_.pop_back();
    return values;
  }

  PickleValue* recall(uint64_t index) const {
    const auto entry = memo_.find(index);
    if (entry == memo_.end()) fail("its pickle refers to a value that it does not have");
    return entry->second;
  }

  uint64_t line_index() { return static_cast<uint64_t>(builder_.decimal_integer(source_.line())->integer); }

  std::string unquoted(const std::string& line) const {
    if (line.size() < 2 || line.front() != line.back()) fail("a text in its pickle is malformed");
    return line.substr(1, line.size() - 2);
  }

  ByteSource& source_;
  uint64_t start_;
  PickleBuilder builder_;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleValue*> memo_;
  std::vector<const PickleValue*> persistents_;
};

}  // namespace

const std::string& PickleValue::made_by() const {
  static const std::string nothing;
  return is(Kind::object) && callable->is(Kind::global) ? callable->text : nothing;
}

const PickleValue* PickleValue::find(const std::string& key) const {
  const PickleValue* found = nullptr;
  for (const auto& [name, value] : entries) {
    if (name->is(Kind::text) && name->text == key) found = value;
  }
  return found;
}

Pickle read_pickle(ByteSource& source) {
  return Machine(source).run();
}

}  // namespace stego
