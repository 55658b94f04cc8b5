"""Places, bodies, first names and roles that need no evidence: short, reviewed lists.

Everything is looked up folded (lower-case, without accents). Where a name has several spellings
the first one is shown. What is ambiguous in the news ("Apple" is not, "Gap" is) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from sources.domain.countries import COUNTRIES
from sources.domain.words import fold, tokens


def _set_of(words: str) -> frozenset[str]:
    """Return words as they are looked up: folded."""
    return frozenset(fold(word) for word in words.split())


def key_of(name: str) -> str:
    """Return how a name is looked up: its words, folded, without points."""
    return " ".join(fold(token.replace(".", "")) for token in tokens(name))


# ruff: noqa: E501 (a list is read across)

# Shown name = other spellings, also of other languages.
_COUNTRY_SPELLINGS = """
United States = US; USA; U.S.; U.S.A.; America; United States of America; Vereinigte Staaten; États-Unis; Estados Unidos; EE.UU.
United Kingdom = UK; U.K.; Britain; Great Britain; Großbritannien; Grossbritannien; Royaume-Uni; Grande-Bretagne; Reino Unido; Gran Bretaña
Turkey = Türkiye; Türkei; Turquie; Turquía
Czechia = Czech Republic; Tschechien; République tchèque
Congo = DR Congo; Democratic Republic of Congo; Kongo
Ivory Coast = Côte d'Ivoire; Elfenbeinküste; Costa de Marfil
United Arab Emirates = UAE; U.A.E.; Émirats arabes unis
Bosnia = Bosnia and Herzegovina; Bosnia-Herzegovina; Bosnien
Myanmar = Burma; Birmanie
Eswatini = Swaziland
Vatican = Vatican City; Holy See; Vatikan; Vaticano
Hong Kong = Hongkong
Germany = Deutschland; Allemagne; Alemania
France = Frankreich; Francia
Italy = Italien; Italie; Italia
Spain = Spanien; Espagne; España
Austria = Österreich; Autriche
Switzerland = Schweiz; Suisse; Suiza
Netherlands = Niederlande; Pays-Bas; Países Bajos; Holland
Belgium = Belgien; Belgique; Bélgica
Poland = Polen; Pologne; Polonia
Hungary = Ungarn; Hongrie; Hungría
Greece = Griechenland; Grèce; Grecia
Denmark = Dänemark; Danemark; Dinamarca
Sweden = Schweden; Suède; Suecia
Norway = Norwegen; Norvège; Noruega
Finland = Finnland; Finlande; Finlandia
Ireland = Irland; Irlande; Irlanda
Russia = Russland; Russie; Rusia
Ukraine = Ucrania
Romania = Rumänien; Roumanie; Rumania
Bulgaria = Bulgarien; Bulgarie
Croatia = Kroatien; Croatie; Croacia
Serbia = Serbien; Serbie
China = Chine
Japan = Japon; Japón
South Korea = Südkorea; Corée du Sud; Corea del Sur
North Korea = Nordkorea; Corée du Nord; Corea del Norte
India = Indien; Inde
Iran = Irán
Iraq = Irak
Syria = Syrien; Syrie; Siria
Lebanon = Libanon; Liban; Líbano
Egypt = Ägypten; Égypte; Egipto
Libya = Libyen; Libye; Libia
Morocco = Marokko; Maroc; Marruecos
Algeria = Algerien; Algérie; Argelia
Tunisia = Tunesien; Tunisie; Túnez
Saudi Arabia = Saudi-Arabien; Arabie saoudite; Arabia Saudí
Brazil = Brasilien; Brésil; Brasil
Mexico = Mexiko; Mexique; México
Argentina = Argentinien; Argentine
Chile = Chili
Colombia = Kolumbien; Colombie
Cuba = Kuba
Canada = Kanada; Canadá
Australia = Australien; Australie
New Zealand = Neuseeland; Nouvelle-Zélande; Nueva Zelanda; Aotearoa
South Africa = Südafrika; Afrique du Sud; Sudáfrica
Ethiopia = Äthiopien; Éthiopie; Etiopía
Philippines = Philippinen; Filipinas
England = Angleterre; Inglaterra
Scotland = Schottland; Écosse; Escocia
Wales =
Northern Ireland = Nordirland
Kosovo =
Palestine = Palästina; Palestina; Palestinian Territories; Palestinian territories
Gaza = Gaza Strip; Gazastreifen; Franja de Gaza
West Bank = Westjordanland; Cisjordanie; Cisjordania
Crimea = Krim; Crimée
Kashmir =
Kurdistan =
Tibet =
Xinjiang =
Donbas = Donbass
Tasmania =
Catalonia = Katalonien; Catalogne; Cataluña
Bavaria = Bayern
Europe = Europa
Africa = Afrika; Afrique; África
Asia = Asien; Asie
Latin America = Lateinamerika
Middle East = Naher Osten; Proche-Orient; Oriente Medio
Antarctica = Antarktis
Arctic = Arktis
"""

_CITIES = """
London; Paris; Berlin; Madrid; Rome = Rom, Roma; Vienna = Wien, Vienne, Viena; Bern; Zurich = Zürich;
Geneva = Genf, Genève, Ginebra; Basel; Brussels = Brüssel, Bruxelles, Bruselas; Antwerp; Amsterdam;
Rotterdam; The Hague = Den Haag; Luxembourg City; Dublin; Belfast; Edinburgh; Glasgow; Cardiff;
Manchester; Liverpool; Birmingham; Leeds; Sheffield; Bristol; Newcastle; Nottingham; Leicester;
Southampton; Plymouth; Oxford; Cambridge; Brighton; Wolverhampton; Lisbon = Lissabon, Lisboa; Porto;
Barcelona; Valencia; Seville = Sevilla; Bilbao; Zaragoza; Málaga; Marseille; Lyon; Toulouse;
Bordeaux; Lille; Strasbourg; Nantes; Munich = München; Hamburg; Cologne = Köln; Frankfurt; Stuttgart;
Düsseldorf; Dortmund; Leipzig; Dresden; Bremen; Hanover = Hannover; Nuremberg = Nürnberg; Duisburg;
Bonn; Milan = Mailand, Milano; Naples = Neapel, Napoli; Turin; Venice = Venedig,
Venezia; Florence; Bologna; Palermo; Genoa; Athens = Athen, Atenas; Thessaloniki; Copenhagen =
Kopenhagen, København; Stockholm; Oslo; Helsinki; Reykjavik; Tallinn; Riga; Vilnius; Warsaw =
Warschau, Varsovie, Varsovia; Krakow; Gdansk; Prague = Prag, Praga; Bratislava; Budapest; Bucharest =
Bukarest; Sofia; Belgrade = Belgrad; Zagreb; Ljubljana; Sarajevo; Skopje; Tirana; Pristina;
Podgorica; Chisinau; Kyiv = Kiev, Kiew; Kharkiv; Odesa = Odessa; Lviv; Mariupol; Minsk; Moscow =
Moskau, Moscou, Moscú; St. Petersburg = Saint Petersburg; Istanbul; Ankara; Izmir; Nicosia; Tbilisi;
Yerevan; Baku; Tehran = Teheran, Téhéran; Baghdad = Bagdad; Mosul; Damascus = Damaskus, Damas;
Aleppo; Idlib; Beirut = Beyrouth; Amman; Jerusalem; Tel Aviv; Haifa; Ramallah; Rafah; Cairo = Kairo,
Le Caire, El Cairo; Alexandria; Riyadh = Riad; Jeddah; Mecca; Doha; Dubai; Abu Dhabi; Kuwait City;
Manama; Muscat; Sanaa; Aden; Kabul; Kandahar; Islamabad; Karachi; Lahore; Peshawar; New Delhi =
Neu-Delhi; Delhi; Mumbai = Bombay; Kolkata = Calcutta; Chennai; Bangalore = Bengaluru; Hyderabad;
Dhaka; Kathmandu; Colombo; Malé; Thimphu; Yangon; Naypyidaw; Mandalay; Bangkok; Chiang Mai; Phuket;
Hanoi; Ho Chi Minh City; Phnom Penh; Vientiane; Kuala Lumpur; Penang; Johor; Jakarta; Bali; Surabaya;
Bandung; Manila; Quezon City; Cebu; Davao; Mandaluyong; Makati; Luzon; Mindanao; Sulu; Beijing =
Peking, Pékin, Pekín; Shanghai; Guangzhou; Shenzhen; Wuhan; Hubei; Chengdu; Chongqing; Tianjin;
Harbin; Macau; Taipei; Tokyo = Tokio; Osaka; Kyoto; Fukushima; Hiroshima; Nagasaki; Okinawa; Seoul =
Séoul, Seúl; Busan; Incheon; Daegu; Pyongyang; Ulaanbaatar; Astana; Almaty; Tashkent; Bishkek;
Dushanbe; Ashgabat; Sydney; Melbourne; Brisbane; Perth; Adelaide; Canberra; Hobart; Darwin; Gold
Coast; Cairns; Queensland; New South Wales = NSW; South Australia; Western Australia; Northern
Territory; Auckland; Wellington; Christchurch; Dunedin; Queenstown; Invercargill; Rotorua; Tauranga;
Northland; Canterbury; Otago; Waikato; Suva; Port Moresby; Honolulu; Ottawa; Toronto;
Montreal = Montréal; Vancouver; Calgary; Edmonton; Winnipeg; Quebec = Québec; Ontario; British
Columbia; Alberta; Manitoba; Saskatchewan; Nova Scotia; Newfoundland; Halifax; New York = New York
City, NYC; Manhattan; Brooklyn; Los Angeles = L.A., LA; Chicago; Houston; Philadelphia; San Antonio; San Diego; Dallas; San Jose; San Francisco;
Seattle; Denver; Boston; Detroit; Memphis; Nashville; Portland; Las Vegas; Baltimore; Milwaukee;
Albuquerque; Tucson; Fresno; Sacramento; Long Beach; Oakland; Kansas City; Atlanta; Miami;
Minneapolis; Tulsa; New Orleans; Cleveland; Cincinnati; Pittsburgh; St. Louis; Tampa; Orlando;
Santa Monica; Santa Barbara; Santa Clara; San Bernardino; Silicon Valley; Hollywood; Beverly Hills;
Oklahoma City; Salt Lake City; Washington = Washington D.C., Washington DC, D.C.; Mexico City =
Mexiko-Stadt, Ciudad de México; Guadalajara; Tijuana; Mexicali; Monterrey; Guatemala City; San
Salvador; Tegucigalpa; Managua; Havana = La Habana; Port-au-Prince; Santo Domingo; Bogotá; Medellín;
Caracas; Quito; Guayaquil; Lima; La Paz; Santiago; Buenos Aires; Montevideo; Asunción; Brasília; São
Paulo; Rio de Janeiro; Lagos; Abuja; Accra; Dakar; Abidjan; Bamako; Ouagadougou; Niamey; Khartoum;
Darfur; Addis Ababa; Tigray; Asmara; Mogadishu; Nairobi; Mombasa; Kampala; Kigali; Dar es Salaam;
Kinshasa; Goma; Luanda; Lusaka; Harare; Maputo; Johannesburg; Pretoria; Cape Town; Durban; Tripoli;
Benghazi; Tunis; Algiers; Casablanca; Rabat; Lanarkshire; Essex; Yorkshire; Cornwall; Cumbria; Merseyside;
Lancashire; Norfolk; Suffolk; Devon; Sussex; Buckinghamshire
"""

_US_STATES = """
Alabama = Ala.; Alaska; Arizona = Ariz.; Arkansas = Ark.; California = Calif.; Colorado = Colo.;
Connecticut = Conn.; Delaware = Del.; Florida = Fla.; Georgia = Ga.; Hawaii; Idaho; Illinois = Ill.;
Indiana = Ind.; Iowa; Kansas = Kan.; Kentucky = Ky.; Louisiana = La.; Maine; Maryland = Md.;
Massachusetts = Mass.; Michigan = Mich.; Minnesota = Minn.; Mississippi = Miss.; Missouri = Mo.;
Montana = Mont.; Nebraska = Neb.; Nevada = Nev.; New Hampshire = N.H.; New Jersey = N.J.;
New Mexico = N.M.; North Carolina = N.C.; North Dakota = N.D.; Ohio; Oklahoma = Okla.; Oregon = Ore.;
Pennsylvania = Pa.; Rhode Island = R.I.; South Carolina = S.C.; South Dakota = S.D.;
Tennessee = Tenn.; Texas = Tex.; Utah; Vermont = Vt.; Virginia = Va.; Wisconsin = Wis.;
Wyoming = Wyo.; Puerto Rico
"""

_BODIES = """
United Nations = UN; U.N.; Vereinte Nationen; Nations unies; Naciones Unidas; ONU
World Health Organization = WHO; World Health Organisation; Weltgesundheitsorganisation; OMS
European Union = EU; E.U.; Europäische Union; Union européenne; Unión Europea; UE
European Commission = EU-Kommission; Commission européenne; Comisión Europea
European Parliament = Europaparlament; Parlement européen
European Central Bank = ECB; EZB; BCE
European Court of Human Rights =
NATO = Nato; OTAN
International Monetary Fund = IMF; IWF; FMI
World Bank = Weltbank; Banque mondiale; Banco Mundial
World Trade Organization = WTO; World Trade Organisation
International Criminal Court = ICC
International Olympic Committee = IOC
International Atomic Energy Agency = IAEA; IAEO
UNICEF = Unicef
UNESCO = Unesco
UNHCR =
African Union =
Arab League =
ASEAN =
OPEC = Opec
OECD =
G7 =
G20 =
Red Cross = Rotes Kreuz; Croix-Rouge; Cruz Roja
Red Crescent =
Amnesty International =
Human Rights Watch =
Greenpeace =
Doctors Without Borders = Médecins Sans Frontières; MSF
World Economic Forum =
White House = Weißes Haus; Maison-Blanche; Casa Blanca
Pentagon =
Kremlin = Kreml
US Congress = Congress
US Senate =
US Supreme Court =
US Treasury = Treasury
US State Department = State Department
US Justice Department = Justice Department; Department of Justice
Homeland Security = Department of Homeland Security; DHS
Federal Reserve = Fed
Republican Party = Republicans; GOP
Democratic Party = Democrats
Labour Party = Labour
Conservative Party = Conservatives; Tories; Tory
Liberal Democrats = Lib Dems
House of Commons = Commons
House of Lords =
House of Representatives =
Bundestag =
Bundesrat =
Knesset =
Duma =
FBI = F.B.I.
CIA = C.I.A.
NSA = N.S.A.
Centers for Disease Control and Prevention = CDC; C.D.C.; Centers for Disease Control
Food and Drug Administration = FDA; F.D.A.
NASA = Nasa
European Space Agency = ESA
NHS = National Health Service
Public Health England =
Bank of England =
Bank of Japan =
Met Office =
Metropolitan Police = Met Police; Scotland Yard
Wall Street =
Securities and Exchange Commission = SEC; S.E.C.
Federal Communications Commission = FCC
Environmental Protection Agency = EPA; E.P.A.
Federal Aviation Administration = FAA; F.A.A.
National Transportation Safety Board = NTSB
US Geological Survey = USGS; U.S. Geological Survey
FEMA = Federal Emergency Management Agency
Immigration and Customs Enforcement = ICE
LAPD = Los Angeles Police Department
NYPD = New York Police Department
Ministry of Defence =
Reserve Bank of Australia = RBA
Air New Zealand =
Singapore Airlines =
IRA =
Islamic State = ISIS; ISIL; IS group; Daesh; Islamischer Staat
Al Qaeda = al-Qaida; Al-Qaeda; Qaeda
Taliban = Talibans
Hamas =
Hezbollah = Hizbollah; Hisbollah
Houthis = Houthi
Boko Haram =
Al Shabaab =
Abu Sayyaf = Abu Sayyaf Group
Revolutionary Guard = Revolutionary Guards; Islamic Revolutionary Guard Corps; IRGC
CDU =
CSU =
SPD =
AfD = AFD
FDP =
RKI = Robert-Koch-Institut; Robert Koch Institute
BBC =
CNN =
Fox News =
New York Times = The New York Times
Wall Street Journal = The Wall Street Journal
Washington Post = The Washington Post
Associated Press =
Reuters =
ABS-CBN =
Google = Alphabet Inc
Facebook =
Instagram =
WhatsApp =
YouTube =
TikTok =
Twitter =
Amazon.com =
Microsoft =
Apple Inc =
Netflix =
Disney = Walt Disney
Tesla = Tesla Motors
SpaceX =
OpenAI =
Anthropic =
Nvidia =
Intel =
IBM =
Samsung =
Sony =
Nintendo =
Huawei =
Alibaba =
Tencent =
Uber =
Airbnb =
Spotify =
PayPal =
eBay =
Boeing =
Airbus =
Volkswagen = VW
BMW =
Daimler =
Mercedes-Benz =
Toyota =
Nissan =
Honda =
Mazda =
Renault =
Peugeot =
Fiat Chrysler =
General Motors = GM
Lufthansa =
British Airways =
Ryanair =
EasyJet = easyJet
Air France =
Qantas =
Virgin Australia =
Virgin Atlantic =
Siemens =
Bayer AG =
BASF =
Deutsche Bank =
Commerzbank =
Deutsche Bahn =
Goldman Sachs =
JPMorgan = JP Morgan; JPMorgan Chase
Morgan Stanley =
Citigroup =
HSBC =
Barclays =
UBS =
Credit Suisse =
BNP Paribas =
Berkshire Hathaway =
ExxonMobil = Exxon Mobil; Exxon
Chevron =
Royal Dutch Shell =
Gazprom =
Saudi Aramco = Aramco
Pfizer =
BioNTech =
Moderna =
AstraZeneca =
Novartis =
Roche =
Sanofi =
GlaxoSmithKline = GSK
Gilead Sciences = Gilead
Johnson & Johnson =
Nestlé =
Unilever =
Coca-Cola =
McDonald's =
Starbucks =
KFC =
Walmart =
Costco =
IKEA = Ikea
Tesco =
Sainsbury's =
Woolworths =
Zara =
Nike =
Adidas =
AT&T =
Verizon =
Vodafone =
Harvard = Harvard University
Stanford = Stanford University
UCLA =
MIT =
NFL =
NBA =
MLB =
NHL =
AFL =
NRL =
FIFA = Fifa
UEFA = Uefa
WADA =
Premier League =
Bundesliga =
Champions League =
Manchester United =
Manchester City =
Real Madrid =
FC Barcelona =
Bayern Munich = Bayern München; FC Bayern
Juventus =
Newcastle United =
Arsenal FC =
All Blacks =
Tampa Bay Buccaneers =
New England Patriots =
Los Angeles Lakers =
Los Angeles Dodgers =
Golden State Warriors =
"""

FIRST_NAMES = _set_of(
    """
    aaron abdul abdullah abigail adam adele adrian ahmad ahmed aisha alan albert alberto alejandro
    alessandro alex alexander alexandra alexei alexey alfred ali alice alicia alison allan allen
    amanda amber amelia amir amy ana anders andre andrea andreas andrew andrzej andy angela angelina
    anita ann anna annalena anne annegret annette annie anthony antonio antony anton armin arnold
    arthur ashley ashraf astrid audrey barack barbara barry beatrice becky ben benedict benito benjamin
    benny bernard bernd bernie beth betty beverley bill billie billy bjorn bob bobby boris brad
    bradley brandon brenda brett brian bruce bruno bryan caitlin cameron camilla camille carl carla
    carles carlo carlos carmen carol caroline caroline carrie cate catherine cecilia chad charles
    charlie charlotte cheryl chloe chris christian christina christine christoph christopher cindy
    claire clara claudia clemens clement clive colin connor conor craig cristiano cristina cynthia
    cyril dale damien dan daniel daniela danielle danny darren dave david dean debbie deborah dennis
    derek diana diane diego dieter dimitri dmitri dmitry dolores dominic dominique don donald donna
    doris dorothy doug douglas duncan dwayne dylan eduardo edward edwin elaine eleanor elena eli
    elijah elisabeth elizabeth ella ellen elon emilia emily emma emmanuel enrique eric erica erich
    erik erika ernesto ethan eugene eva evelyn fatima federico felipe felix fernando fiona florian
    frances francesca francesco francis francisco francois frank frankie franz fred frederic frederick
    friedrich fritz gabriel gareth gary gavin gemma geoff geoffrey george gerald gerard gerhard giorgio
    giorgia giovanni giuseppe glen glenn gloria gordon graham grant greg gregory greta guillermo guy
    hamza hannah hans harold harriet harry hassan heather heidi heiko heinz helen helena helmut henri
    henry herbert hillary holly horst howard hubert hugh hugo hussein ian ibrahim ilhan imran inga ingrid
    irene iris isaac isabel isabella isabelle ivan jack jackie jacob jacqueline jacques jacinda jake
    james jamie jan jane janet janice jared jason javier jay jean jeff jeffrey jennifer jenny jens
    jeremy jerome jerry jesse jessica jessie jill jim jimmy jo joan joanna joanne joao joaquin joe joel
    joerg johan johann johanna johannes john johnny jon jonas jonathan jordan jorge jose josef joseph
    josep josh joshua joyce juan juanita judith judy julia julian juliana julie juliet julio jurgen
    jorg justin karen karim karin karl karsten kate katharina katherine kathleen kathryn kathy
    katie katja katrin kay keir keith kelly ken kenneth kerry kevin khalid kim kimberly kirsten kirsty
    klaus konrad kristen kristina kurt kyle lars laura lauren laurence laurent lawrence leah lee
    lena leo leon leonard leonardo leonid leslie lewis liam lily linda lindsay lindsey lionel lisa liz
    lloyd lois lorenzo lorraine louis louise luca lucas lucia lucy luigi luis luisa lukas luke lydia
    madeleine maggie magdalena malcolm malala manuel marc marcel marcelo marco marcus margaret margot
    maria marie mariana mario marion mark markus marta martha martin martina mary mateusz mathieu matt
    matteo matthew matthias maureen maurice max maxim megan meghan mehmet melanie melania melinda
    melissa mercedes mia michael michel michelle miguel mikael mike mikhail mila milos miriam mitch
    mitt mohamed mohammad mohammed molly monica monika mostafa muhammad murray mustafa nadia naomi
    narendra natalia natalie natasha nathan neil nelson nicholas nick nicki nicola nicolas nicole nigel
    nikki nikol nikolai nina noah noel nora norbert norman olaf oleg olga oliver olivia olivier omar
    oscar oskar otto owen pablo paolo patricia patrick paul paula pauline pedro peggy penny pete
    peter petra phil philip philipp philippe phillip phoebe pierre pilar piers priti prince rachel rafael
    rafael rahul rajesh ralf ralph ramon randy raul ray raymond rebecca recep reinhard renate rene ricardo
    richard rick rita rob robert roberto robin rod rodrigo roger roland rolf roman ron ronald
    rory rosa rose rosemary ross roy rudolf rudy rupert russell ruth ryan sabine sadiq said salman sally
    salvador sam samantha samuel sandra sara sarah sasha scott sean sebastian sergei sergey sergio
    shannon sharon shaun sheila shirley sigmar silvia silvio simon simone sofia sonia sophia sophie
    stacey stanislav stefan stefanie stella stephan stephanie stephen steve steven stewart stuart
    sue suella sunil susan susanne suzanne svetlana sven sylvia tamara tanya tara taylor ted teresa
    terry thea theo theresa thierry thomas tiffany tim timothy tina tobias todd tom tomas tommy toni
    tony tracey tracy travis trevor tyler ulrich ulrike ursula uwe valentina valerie vanessa vera
    veronica vicky victor victoria viktor vincent viola virginia vivian vladimir volodymyr walter wanda
    warren wayne wendy werner wilhelm will william willie winston wolfgang xavier xi yasmin yevgeny
    yousef youssef yulia yuri yves yvonne zac zach zachary zara zoe
    """
)
"""Given names of several cultures, folded: a run of words that begins with one is a person."""

ROLES = _set_of(
    """
    president vice-president premier chancellor prime minister secretary senator sen congressman
    congresswoman rep representative governor gov mayor councillor councilor mp mep ambassador king
    queen prince princess duke duchess sir dame lord lady baroness baron pope bishop archbishop
    cardinal imam rabbi reverend rev father sister justice judge sheriff attorney prosecutor general
    gen colonel col captain capt lieutenant lt major sergeant sgt officer detective commander admiral
    chief commissioner director chairman chairwoman chairperson chair ceo founder spokesman
    spokeswoman spokesperson dr doctor professor prof actor actress singer rapper comedian director
    author novelist writer poet artist footballer striker midfielder defender goalkeeper quarterback
    coach manager captain boxer cricketer golfer driver champion journalist reporter presenter host
    lawyer scientist astronaut activist analyst economist billionaire businessman businesswoman
    candidate nominee leader whistleblower teacher nurse mr mrs ms miss mx monsieur madame herr frau
    señor señora sheikh ayatollah sultan emir crown heiress model stylist chef photographer
    präsident präsidentin bundespräsident bundeskanzler bundeskanzlerin kanzler kanzlerin minister
    ministerin ministerpräsident ministerpräsidentin bürgermeister bürgermeisterin außenminister
    außenministerin innenminister innenministerin finanzminister finanzministerin
    gesundheitsminister gesundheitsministerin papst könig königin trainer sprecher sprecherin
    président présidente ministre premier-ministre maire sénateur sénatrice député députée pape roi
    reine acteur actrice chanteur chanteuse écrivain entraîneur procureur
    presidente presidenta ministro ministra alcalde alcaldesa senador senadora diputado papa rey reina
    actor actriz cantante escritor entrenador fiscal
    """
)

# Role words that a role may begin with: "Foreign Minister", "Deputy Chief".
ROLE_QUALIFIERS = _set_of(
    """
    prime foreign home health defence defense finance interior education justice deputy vice former
    acting attorney chief executive police fire crown lieutenant major state city federal shadow
    first opposition managing care trade energy transport labour labor conservative republican
    democratic party speaker house majority minority senate national security environment treasury
    press communications medical assistant associate general high late ex
    """
)

_ORGANIZATION_WORDS = """
    agency airlines airways army assembly association authority bank board brothers bureau
    cabinet center centre chamber charity church club college commission committee company confederation
    congress consortium cooperative corporation corp council court department enterprises exchange
    federation force forces foundation fund group guard holdings hospital inc industries institute
    institution insurance laboratories laboratory league llc ltd ministry museum navy network
    orchestra organisation organization parliament partners partnership party plc police press school
    senate service services society solutions studios syndicate systems tribunal trust union
    university universität hochschule bundesamt ministerium gmbh ag verband verein partei gericht
    université ministère université hôpital tribunal universidad ministerio ayuntamiento hospital
    """
ORGANIZATION_WORDS = _set_of(_ORGANIZATION_WORDS)

# "Department of Health", "University of Otago", "Court of Appeal"
ORGANIZATION_HEADS = _set_of(
    """
    agency academy association authority bank board bureau centers centre church college commission
    committee confederation council court department federation house institute league ministry
    museum office organisation organization parliament society union university
    ministère université universidad ministerio tribunal banco banque
    """
)

PLACE_ENDINGS = _set_of(
    """
    avenue bay beach bridge canal coast county desert district falls harbor harbour island islands
    lake mountain mountains ocean peninsula prefecture province region river road sea shire strait
    valley territory canyon creek airport
    """
)
PLACE_HEADS = frozenset({"mount", "lake", "gulf", "isle", "isles", "strait", "cape", "port"})
DIRECTIONS = _set_of(
    """
    north south east west northern southern eastern western central northeast northwest southeast
    southwest upper lower greater inner outer
    """
)

LOCATIVES: Mapping[str, frozenset[str]] = {
    "en": _set_of("in near outside around inside throughout across"),
    "de": _set_of("in bei aus nahe"),
    "fr": _set_of("à en"),
    "es": _set_of("en"),
}

SPEECH = _set_of(
    """
    said says told tells added warned wrote tweeted announced insisted admitted argued claimed
    explained revealed confirmed denied urged acknowledged
    sagte sagt erklärte erklärt teilte betonte warnte
    dit déclaré affirme assure explique
    dijo dice aseguró afirmó explicó declaró
    """
)

# Capitalized words that begin no name and stand for none.
NOT_NAMES = _set_of(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june
    july august september october november december spring summer autumn winter christmas easter
    ramadan thanksgiving covid coronavirus corona internet english french german spanish chinese
    god earth day week news live update updates watch video photos exclusive opinion review analysis
    breaking column editorial letter letters gallery podcast briefing morning evening good here how
    what why when where today yesterday tomorrow tonight former meanwhile this that these those montag dienstag mittwoch donnerstag freitag samstag
    sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles jueves viernes
    sábado domingo pm am gmt bst est edt pdt tv dna ppe pcr diy gp gps ceo mp mps usd gbp sms pdf
    anzac lockdown pandemic
    """
)

# They end like organizations and are none.
NOT_NAMES_TOGETHER = frozenset(
    {"task force", "development authority", "white paper", "state school", "home office workers"}
)

DEMONYMS = _set_of(
    """
    american british english scottish welsh irish french german spanish italian portuguese dutch
    belgian swiss austrian polish czech slovak hungarian romanian bulgarian greek turkish russian
    ukrainian belarusian georgian armenian serbian croatian bosnian albanian swedish norwegian danish
    finnish icelandic estonian latvian lithuanian israeli palestinian syrian lebanese jordanian iraqi
    iranian saudi emirati qatari yemeni egyptian libyan tunisian algerian moroccan sudanese ethiopian
    somali kenyan ugandan rwandan congolese nigerian ghanaian south-african zimbabwean african asian
    chinese japanese korean taiwanese indian pakistani bangladeshi nepali afghan sri-lankan burmese
    thai vietnamese cambodian malaysian singaporean singaporeans indonesian filipino filipinos
    australian australians kiwi kiwis maori pasifika canadian mexican cuban brazilian argentine
    argentinian chilean colombian venezuelan peruvian bolivian european europeans americans britons
    brits russians israelis palestinians muslims muslim jewish jews christian christians catholic
    democrat republican victorian queenslander aussie arab arabs kurdish londoners californian
    deutsche deutscher deutschen französische britische amerikanische russische europäische
    """
)


def _spellings(entries: str, *, ending: str, between: str) -> dict[str, str]:
    """Return the shown name of every spelling, such as “L.A.”."""
    found: dict[str, str] = {}
    for entry in entries.split(ending):
        shown, _, others = entry.partition("=")
        shown = " ".join(shown.split())
        for spelling in (shown, *others.split(between)):
            if spelling := " ".join(spelling.split()):
                found.setdefault(spelling, shown)
    return found


def _by_key(spellings: Mapping[str, str]) -> dict[str, str]:
    return {key_of(spelling): shown for spelling, shown in spellings.items()}


def _acronyms(spellings: Mapping[str, str]) -> frozenset[str]:
    return frozenset(key_of(name) for name in spellings if name.replace(".", "").isupper())


_COUNTRY_NAMES = {
    name: name.replace("&", "and").partition(" (")[0]
    for code, name in COUNTRIES.items()
    if code not in {"TR", "CD", "CG", "BA", "VA", "CI", "PS", "UM"}
}
_STATES = _spellings(_US_STATES, ending=";", between=",")
_PLACES = (
    _COUNTRY_NAMES
    | {shown: shown for shown in _STATES.values()}
    | _spellings(_CITIES, ending=";", between=",")
    | _spellings(_COUNTRY_SPELLINGS, ending="\n", between=";")
)
_ORGANIZATIONS = _spellings(_BODIES, ending="\n", between=";")

PLACES: Mapping[str, str] = _by_key(_PLACES)
"""The shown name of every place that we know, by its key."""

BODIES: Mapping[str, str] = _by_key(_ORGANIZATIONS)
"""The shown name of every organization that we know, by its key."""

STATES: Mapping[str, str] = _by_key(_STATES)
"""US states, also abbreviated, which mean something only behind a comma: “Westport, Conn.”"""

ACRONYMS = _acronyms(_PLACES) | _acronyms(_ORGANIZATIONS)
"""Keys of what is a name only when it is written in capitals: “US”, “WHO”."""
