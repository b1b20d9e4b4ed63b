// Linked into every test: where the sanitizers find what is not ours, however the test is started.
extern "C" {

const char* __tsan_default_options();
const char* __tsan_default_options() { return "suppressions=" FAIRLEAD_SOURCE_DIR "/tests/tsan.supp"; }

}  // extern "C"
