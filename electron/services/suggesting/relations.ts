import subjects from './subjects.json' with { type: 'json' };

/** Kinds of subjects of which well-known names come with Emend; where they are from is said in the file. */
export type SubjectKind = keyof typeof subjects.kinds;

/** A relation that facts are often of: how it is asked for, and what kinds of subjects have it. */
export interface Relation {
  /** What it tells, in words. */
  readonly name: string;
  readonly of: readonly SubjectKind[];
  /** A prompt in small letters asks for it when this is found there; so do its own wordings. */
  readonly asks: RegExp;
  /** Ways to ask, each with one {}. One that ends in "the" can do without. */
  readonly wordings: readonly string[];
  /** Relations that tell of one thing follow from each other: what stands in another city may stand in another country. */
  readonly tells?: 'place';
}

const PEOPLE = ['writer', 'composer', 'painter', 'scientist', 'athlete', 'musician', 'statesman'] as const;

/** The first that asks as a prompt does is taken, so the narrower ones come first. */
export const RELATIONS: readonly Relation[] = [
  {
    name: 'capital of a country',
    of: ['country'],
    asks: /\bcapital\b|\bgovernment of \{\} sits\b/,
    wordings: [
      'The capital of {} is',
      'The capital city of {} is',
      "{}'s capital city is",
      'The government of {} sits in',
      "{}'s capital is",
    ],
  },
  {
    name: 'currency of a country',
    of: ['country'],
    asks: /\bcurrency\b|\bpay (?:with|in)\b|\bprices are given\b/,
    wordings: [
      'The currency of {} is the',
      "{}'s currency is the",
      'The official currency of {} is the',
      'People in {} pay with the',
      'In {}, prices are given in the',
    ],
  },
  {
    name: 'head of state or government of a country',
    of: ['country'],
    asks: /\b(?:president|prime minister|king|queen|monarch|chancellor|emperor|head of (?:state|government)) of \{\}/,
    wordings: ['The head of state of {} is', 'The leader of {} is', "{}'s head of state is", '{} is led by'],
  },
  {
    name: 'mother tongue of a person',
    of: PEOPLE,
    asks: /\bmother tongue\b|\bnative (?:language|speaker|tongue)\b|\bfirst language\b|\bgrew up speaking\b|\blearned to speak\b/,
    wordings: [
      'The mother tongue of {} is',
      'The native language of {} is',
      "{}'s mother tongue is",
      '{} grew up speaking',
      '{} is a native speaker of',
    ],
  },
  {
    name: 'original language of a book',
    of: ['book'],
    asks: /\boriginal language\b|\bwritten in\b|\bin the original\b|\blanguage of (?:the book )?\{\}/,
    wordings: ['The original language of {} is', '{} was written in', "{}'s original language is", 'The language of the book {} is'],
  },
  {
    name: 'language of a country',
    of: ['country'],
    asks: /\blanguage\b|\bspeaks?\b/,
    wordings: [
      'The official language of {} is',
      "{}'s official language is",
      'People in {} speak',
      'In {}, most people speak',
      'The main language of {} is',
    ],
  },
  {
    name: 'birthplace of a person',
    of: PEOPLE,
    asks: /\bborn in (?!the year\b)|\bborn in$|\bbirthplace\b|\bplace of birth\b|\{\} was born is\b|\bearly life of\b/,
    wordings: [
      '{} was born in',
      'The birthplace of {} is',
      "{}'s place of birth is",
      'The place where {} was born is',
      "{}'s birthplace is",
    ],
  },
  {
    name: 'citizenship of a person',
    of: PEOPLE,
    asks: /\bcitizen|\bnationality\b|\bpassport\b|\bcalls home\b/,
    wordings: [
      '{} is a citizen of',
      'The nationality of {} is that of',
      '{} holds a passport from',
      'The home country of {} is',
      "{}'s home country is",
    ],
  },
  {
    name: 'sport of an athlete',
    of: ['athlete'],
    asks: /\bsport\b|\bplays? professional\b|\bprofessionally plays\b/,
    wordings: ['The sport that {} plays is', "{}'s sport is", '{} is known for playing the sport of', 'The sport of {} is'],
  },
  {
    name: 'instrument of a musician',
    of: ['musician'],
    asks: /\binstrument\b|\bplays the$/,
    wordings: ['The instrument that {} plays is the', "{}'s instrument is the", 'On stage, {} plays the', '{} is known for playing the'],
  },
  {
    name: 'field of a scientist',
    of: ['scientist'],
    asks: /\bfield of (?!business\b)|\barea of (?:work|expertise|research)\b|\bspecial(?:ty|izes)\b|\bexpert in\b/,
    wordings: ['{} works in the field of', 'The field of {} is', "{}'s field of work is", 'The area of expertise of {} is'],
  },
  {
    name: 'profession of a person',
    of: PEOPLE,
    asks: /\bprofession\b|\boccupation\b|\bworks? as\b|\bliving as\b|\bis a famous$|\bas a great$|\bcareer as\b|\bjob of\b/,
    wordings: ['The profession of {} is', 'The occupation of {} is', "{}'s occupation is", 'By profession, {} is a', '{} is a famous'],
  },
  {
    name: 'author of a book',
    of: ['book'],
    asks: /\bauthor\b|\bwriter of\b|\bwrote\b|\bwritten by\b|\b(?:book|novel|play) by$/,
    wordings: ['The author of {} is', '{} was written by', "{}'s author is", 'The writer of {} is', '{} is a book by'],
  },
  {
    name: 'composer of a work',
    of: ['composition'],
    asks: /\bcompos(?:er|ed)\b|\bwork of music by\b/,
    wordings: [
      'The composer of {} is',
      '{} was composed by',
      "{}'s composer is",
      'The music of {} was composed by',
      'The person who composed {} is',
    ],
  },
  {
    name: 'painter of a picture',
    of: ['painting'],
    asks: /\bpaint(?:er|ed|ing by)\b|\bartist\b/,
    wordings: ['The painter of {} is', '{} was painted by', "{}'s painter is", 'The artist who painted {} is', '{} is a painting by'],
  },
  {
    name: 'director of a film',
    of: ['film'],
    asks: /\bdirect(?:or|ed)\b|\bfilm by$/,
    wordings: [
      'The director of {} is',
      '{} was directed by',
      "{}'s director is",
      'The film {} was directed by',
      'The person who directed {} is',
    ],
  },
  {
    name: 'headquarters of a company',
    of: ['company'],
    asks: /\bheadquarter|\bhead office\b|\bmain office\b|\bis based in\b|\brun from\b/,
    wordings: [
      'The headquarters of {} are in',
      'The head office of {} is in',
      "{}'s headquarters are in",
      'The company {} has its main office in',
      '{} is based in the city of',
    ],
  },
  {
    name: 'industry of a company',
    of: ['company'],
    asks: /\bindustry\b|\bfield of business\b|\bmain business\b|\bis active in\b|\bfor its work in\b/,
    wordings: [
      'The industry of {} is',
      "{}'s industry is",
      '{} works in the industry of',
      'The company {} is active in',
      "{}'s field of business is",
    ],
  },
  {
    name: 'founder of a company',
    of: ['company'],
    asks: /\bfound(?:er|ed by)\b|\bestablished by\b|\bstarted by\b/,
    wordings: [
      'The founder of {} is',
      '{} was founded by',
      "{}'s founder is",
      'The person who founded {} is',
      'The company {} was started by',
    ],
  },
  {
    name: 'head of a company',
    of: ['company'],
    asks: /\bceo\b|\bchief executive\b|\bchair(?:man|woman|person)?\b|\bhead of \{\}|\bled by$|\bmanaged by$/,
    wordings: ['The chief executive of {} is', 'The CEO of {} is', "{}'s chief executive is", 'The company {} is led by'],
  },
  {
    name: 'home country of a company',
    of: ['company'],
    asks: /\bcompany from\b|\bcompany \{\} comes from\b|\bcountry of origin\b|\bbusiness known as\b|\bhome country\b/,
    wordings: [
      '{} is a company from',
      'The country of origin of {} is',
      "{}'s home country is",
      'The company {} comes from',
      'The home country of {} is',
    ],
  },
  {
    name: 'maker of a product',
    of: ['product'],
    asks: /\b(?:produced|made|manufactured|developed|created|built) by$|\bmaker of\b|\bmanufacturer\b|\bdeveloper of\b|\bproduct of$/,
    wordings: ['The maker of {} is', '{} is made by', "{}'s maker is", 'The company that makes {} is', '{} is a product of'],
  },
  {
    name: 'inventor or discoverer',
    of: ['invention'],
    asks: /\binvent|\bdiscover|\bcredit for\b|\bidea of\b|\bhonour of creating\b/,
    wordings: ['The inventor of {} is', '{} was invented by', "{}'s inventor is", 'Credit for {} goes to', 'The person behind {} is'],
  },
  {
    name: 'symbol of an element',
    of: ['element'],
    asks: /\bsymbol\b/,
    wordings: ['The chemical symbol of {} is', 'The symbol for {} is', 'In the periodic table, {} has the symbol', 'Chemists write {} as'],
  },
  {
    name: 'continent of a place',
    of: ['country', 'city', 'river', 'mountain', 'island'],
    asks: /\bcontinent\b|\bis a (?:country|river) in$|\bon the map, \{\} (?:lies|is found) in\b|\bnation of\b|\bwaters of\b/,
    wordings: ['The continent of {} is', '{} is located on the continent of', "{}'s continent is", '{} lies on the continent of'],
    tells: 'place',
  },
  {
    name: 'city of a landmark',
    of: ['landmark'],
    asks: /\b(?:city|town) (?:of|where|in|called)\b|\bcity is$|\bin the (?:city|town)\b/,
    wordings: [
      '{} stands in the city of',
      '{} is in the city of',
      'The city where {} stands is',
      'To see {}, one must go to the city of',
      '{} can be found in the city of',
    ],
    tells: 'place',
  },
  {
    name: 'country of a place',
    of: ['city', 'landmark', 'mountain', 'island'],
    asks: /\bcountry\b|\bis a (?:city|mountain) in$|\bis an island of$|\bpeak of\b|\btop of\b|\bisland called\b|\bflag that flies\b/,
    wordings: [
      '{} is in the country of',
      'The country of {} is',
      '{} is located in the country of',
      'The country where {} is found is',
      '{} can be found in the country of',
    ],
    tells: 'place',
  },
  {
    name: 'place that something is in',
    of: ['landmark', 'city', 'mountain', 'island', 'river'],
    asks: /\b(?:is|lies|stands|located|situated|found) in$/,
    wordings: ['{} is located in', '{} can be found in', '{} is in', 'To see {}, one must go to'],
    tells: 'place',
  },
];

/** Well-known names of a kind. */
export function namesOf(kind: SubjectKind): readonly string[] {
  return subjects.kinds[kind];
}

/** The kinds that a name is listed under. */
export function kindsOf(subject: string): SubjectKind[] {
  const wanted = plainName(subject);
  return (Object.keys(subjects.kinds) as SubjectKind[]).filter((kind) => namesOf(kind).some((name) => plainName(name) === wanted));
}

/** The relation that a prompt asks for, of subjects of some of these kinds where any are known; undefined for what no relation asks. */
export function relationAskedFor(prompt: string, kinds: readonly SubjectKind[]): Relation | undefined {
  const asked = prompt.trim().toLowerCase();
  const isWording = ({ wordings }: Relation) => wordings.some((one) => one.toLowerCase() === asked);
  const found = [...RELATIONS.filter(isWording), ...RELATIONS.filter(({ asks }) => asks.test(asked))];
  return found.find(({ of }) => kinds.length === 0 || of.some((kind) => kinds.includes(kind)));
}

/** Names compare without their article and in small letters. */
export function plainName(name: string): string {
  return name.trim().toLowerCase().replace(/^the /, '');
}
